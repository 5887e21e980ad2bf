import pickle
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.text.spans.finding import FINDERS, HINTS, find_spans
from seq2seq.text.spans.markup import find_markup
from seq2seq.text.spans.rules import KINDS, SpanRules

ALL = SpanRules()


# Pieces of lines that look like spans or nearly so, for properties.
FRAGMENTS = st.sampled_from(
    [
        *(
            "<b>",
            "</b>",
            '<a href="https://x.de/?a=1">',
            "<br/>",
            "<",
            ">",
            "&nbsp;",
            "<!--",
            "-->",
        ),
        *("{name}", "{{x}}", "${x}", "%s", "%1$d", "100%", "{", "}", "%", "$", ":name", "__VAR__"),
        *("https://x.de/(a)", "info@x.de", "`a`", "`", "**", "*", "__", "[", "](u)", "](", ")"),
        *("/usr/bin/x", "C:\\x\\y", "./a", "snake_case", "getValue", "0x1F", "--option", "3.5"),
        *("1,000", "2026-11-27", "\U0001f600", "\u2764\ufe0f", "\U0001f1e9", "Acme", " ", "wort"),
        *("\u65e5\u672c", "\u0645\u0631\u062d\u0628\u0627", ".", ",", "\n", "'", '"', "#", "\\"),
    ]
)
LINES = st.one_of(st.text(), st.lists(FRAGMENTS, max_size=12).map("".join))


def found(line: str, rules: SpanRules = ALL) -> list[tuple[str, str]]:
    return [(span.kind, span.text) for span in find_spans(line, rules)]


def check_kind(kind: str, line: str, texts: list[str]) -> None:
    assert found(line) == [(kind, text) for text in texts]


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        ("Click <b>here</b>.", ["<b>", "</b>"]),
        ('<a href="x">hier</a>', ['<a href="x">', "</a>"]),
        ("Siehe <a href='https://x.de/a?b=1'>hier</a>", ["<a href='https://x.de/a?b=1'>", "</a>"]),
        ('<a title="3 files, info@x.de">x</a>', ['<a title="3 files, info@x.de">', "</a>"]),
        ("One<br>two<br/>three<br />four", ["<br>", "<br/>", "<br />"]),
        ("<input disabled value=3>", ["<input disabled value=3>"]),
        ("text <!-- note <b> 3 --> text", ["<!-- note <b> 3 -->"]),
        ("<xliff:g id='1'>x</xliff:g>", ["<xliff:g id='1'>", "</xliff:g>"]),
        ("<0>Accept</0> or <1/>", ["<0>", "</0>", "<1/>"]),
        ("Tom &amp; Jerry&nbsp;GmbHs &#169; &#xA9;", ["&amp;", "&nbsp;", "&#169;", "&#xA9;"]),
        ("<?php echo $x; ?> text", ["<?php echo $x; ?>"]),
        ("<![CDATA[text]]>", ["<![CDATA[", "]]>"]),
        ("\u3053\u3053\u3092<b>\u62bc\u3059</b>", ["<b>", "</b>"]),
        (
            "\u0627\u0646\u0642\u0631 <b>\u0647\u0646\u0627</b>",
            ["<b>", "</b>"],
        ),
        ("a < b and c > d", []),
        ("I <3 you & me; AT&T", []),  # a heart, and ampersands that name nothing
        ("x <- y -> z", []),
    ],
)
def test_tags_are_found(line: str, texts: list[str]) -> None:
    spans = [text for kind, text in found(line) if kind == "tag"]

    assert spans == texts


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        ("Hello {name}!", ["{name}"]),
        ("{0} von {1}", ["{0}", "{1}"]),
        ("{{x}} and {{ user.name | title }}", ["{{x}}", "{{ user.name | title }}"]),
        ("{{{raw}}}", ["{{{raw}}}"]),
        ("${x} and $name and #{y}", ["${x}", "$name", "#{y}"]),
        ("%s has %d", ["%s", "%d"]),
        ("%1$d von %2$s", ["%1$d", "%2$s"]),
        ("%(n)s Dateien", ["%(n)s"]),
        ("%-5.2f|%05d|%+d", ["%-5.2f", "%05d", "%+d"]),
        ("%@ und %1$@", ["%@", "%1$@"]),
        ("%ld und %.2f", ["%ld", "%.2f"]),
        ("%ds ago, %dx%d, %dMB", ["%d", "%d", "%d", "%d"]),
        ("Noch %d%%.", ["%d", "%%"]),
        ("$t(key) und $t(a.b, c)", ["$t(key)", "$t(a.b, c)"]),
        ("The :attribute field", [":attribute"]),
        ("Lies __VAR__ und __MY_VAR_2__", ["__VAR__", "__MY_VAR_2__"]),
        ("%{count} Dateien, %<n>d", ["%{count}", "%<n>d"]),
        ("%USERNAME% und %name%", ["%USERNAME%", "%name%"]),
        ("Datei %1 von %2.", ["%1", "%2"]),
        ("{% if x %}ja{% endif %}", ["{% if x %}", "{% endif %}"]),
        ("{price:.2f} und {x!r} und {}", ["{price:.2f}", "{x!r}", "{}"]),
        ("am {when, date, short}", ["{when, date, short}"]),
        ("{user.name}, {items[0]}", ["{user.name}", "{items[0]}"]),
        ("%Y-%m-%d %H:%M", ["%Y", "%m", "%d", "%H", "%M"]),
        ("{#n} Dateien", ["{#n}"]),  # as `expand` shows the number of a plural
        ("\u3053\u3093\u306b\u3061\u306f{name}\u3055\u3093", ["{name}"]),
        ("%s\u3055\u3093\u306f$name\u3067\u3059", ["%s", "$name"]),
        (
            "\u0645\u0631\u062d\u0628\u0627 {name}\u060c \u0644\u062f\u064a\u0643 %d",
            ["{name}", "%d"],
        ),
        ("\u0648{name}", ["{name}"]),  # the Arabic and is written with the next word
        ("{gr\u00f6\u00dfe}", ["{gr\u00f6\u00dfe}"]),
        ("100% sure", []),
        ("50 % der", []),
        ("50 %der, %dass", []),
        ("{in Klammern} und { a, b }", []),
        ("Er sagte: nein. 12:name", []),
        ("US$5, $5", []),
        ("100 %-ig, 10 %-a", []),
        ("Sag :smile: hier", []),
    ],
)
def test_placeholders_are_found(line: str, texts: list[str]) -> None:
    assert [text for kind, text in found(line) if kind == "placeholder"] == texts


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        ("See https://example.com/a?b=1&c=2#d.", ["https://example.com/a?b=1&c=2#d"]),
        ("(http://x.de)", ["http://x.de"]),
        ("https://en.wikipedia.org/wiki/X_(y), or", ["https://en.wikipedia.org/wiki/X_(y)"]),
        ("Gehe zu www.beispiel.de/stra\u00dfe!", ["www.beispiel.de/stra\u00dfe"]),
        ("example.com oder docs.example.org/x", ["example.com", "docs.example.org/x"]),
        ("ftp://x.de/1.txt", ["ftp://x.de/1.txt"]),
        ("tel:+49301234", ["tel:+49301234"]),
        ("https://x.de/{id}/a", ["https://x.de/{id}/a"]),
        ("http://localhost:8080/", ["http://localhost:8080/"]),
        ("https://example.com/path\u3092\u53c2\u7167", ["https://example.com/path"]),
        ("\u0632\u0631 https://example.com/a\u060c", ["https://example.com/a"]),
        ("<https://x.de>", ["https://x.de"]),
        ("Ende.Info und z.B. Text", []),
        ("Text:// und http:", []),
    ],
)
def test_urls_are_found(line: str, texts: list[str]) -> None:
    assert [text for kind, text in found(line) if kind == "url"] == texts


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        ("Mail info@example.com.", ["info@example.com"]),
        ("a.b+c@mail.example.co.uk, x", ["a.b+c@mail.example.co.uk"]),
        ("m\u00fcller@stra\u00dfe.de", ["m\u00fcller@stra\u00dfe.de"]),
        (
            "\u9023\u7d61\u5148\u306finfo@example.com\u307e\u3067",
            ["info@example.com"],
        ),
        ("\u0631\u0627\u0633\u0644 info@example.com", ["info@example.com"]),
        ("5 @ 3 Euro, a@b", []),
    ],
)
def test_emails_are_found(line: str, texts: list[str]) -> None:
    assert [text for kind, text in found(line) if kind == "email"] == texts


@pytest.mark.parametrize(
    ("line", "kind", "texts"),
    [
        ("Run `pip install x` now", "code", ["`pip install x`"]),
        ("``a`b`` and `c`", "code", ["``a`b``", "`c`"]),
        ("\u3053\u308c\u306f`x`\u3067\u3059", "code", ["`x`"]),
        ("`<b>{x}</b>`", "code", ["`<b>{x}</b>`"]),
        ("l`eau et l`air", "code", []),  # behind letters: apostrophes
        ("a ` b", "code", []),
        ("`+` bcd `+`", "code", ["`+`", "`+`"]),
        ("**Achtung:** hei\u00df", "markup", ["**", "**"]),
        ("__very__ *much* ~~so~~", "markup", ["__", "__", "*", "*", "~~", "~~"]),
        ("[text](https://x.de/a)", "markup", ["[", "](https://x.de/a)"]),
        ("![Bild](a.png) [x][ref]", "markup", ["![", "](a.png)", "[", "][ref]"]),
        ("[**fett**](u)", "markup", ["[", "**", "**", "](u)"]),
        ("**{name}**", "markup", ["**", "**"]),
        ("***beides***", "markup", ["***", "***"]),
        ("\u3053\u308c\u306f**\u592a\u5b57**\u3067\u3059", "markup", ["**", "**"]),
        ("**\u0645\u0647\u0645** \u062c\u062f\u0627", "markup", ["**", "**"]),
        ("2 * 3 * 4 und 2*3*4", "markup", []),
        ("*a * b", "markup", []),
        ("`*a` b*", "markup", []),  # the first is of code
        ("Lehrer*innen und Sch\u00fcler*innen", "markup", []),
        ("* punkt eins", "markup", []),
        ("Preis* ohne Partner", "markup", []),
        ("[siehe oben] (das)", "markup", []),
        ("snake_case__x__y", "markup", []),
    ],
)
def test_code_and_markup_are_found(line: str, kind: str, texts: list[str]) -> None:
    assert [text for found_kind, text in found(line) if found_kind == kind] == texts


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        ("Schon 3 von 10", ["3", "10"]),
        ("3.14 und 3,14", ["3.14", "3,14"]),
        ("1,000,000 oder 1.000.000", ["1,000,000", "1.000.000"]),
        ("20% und 20 %", ["20", "20"]),  # the sign stays outside
        ("am 2026-11-27 um 12:30", ["2026-11-27", "12:30"]),
        ("2026-11-27T12:30:45Z", ["2026-11-27T12:30:45Z"]),
        ("27.11.2026, 27/11/2026", ["27.11.2026", "27/11/2026"]),
        ("Version 1.2.3 oder v2.0.", ["1.2.3", "v2.0"]),
        ("-5 \u00b0C", ["5"]),
        ("5km, 100MB, 30 s", ["5", "100", "30"]),
        ("$5, 5\u20ac, #42", ["5", "5", "42"]),
        ("1\u202f000 und 1\u00a0000", ["1\u202f000", "1\u00a0000"]),
        ("192.168.0.1", ["192.168.0.1"]),
        ("1.5e-10", ["1.5e-10"]),
        ("3\u500b\u306e\u7b2c12\u56de", ["3", "12"]),
        ("\uff11\uff12\u5186", ["\uff11\uff12"]),
        ("\u0661\u0662\u0663 \u0643\u062a\u0627\u0628", ["\u0661\u0662\u0663"]),
        ("\u0628\u0640\u0660\u066b\u0665", ["\u0660\u066b\u0665"]),
        ("3. Platz", ["3"]),
        ("the 3rd and 21st, 3D", []),
        ("drei", []),
    ],
)
def test_numbers_are_found(line: str, texts: list[str]) -> None:
    check_kind("number", line, texts)


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        ("Open /usr/bin/x.", ["/usr/bin/x"]),
        ("in /etc oder /tmp/", ["/etc", "/tmp/"]),
        ("C:\\x\\y und D:/a/b", ["C:\\x\\y", "D:/a/b"]),
        ("C:\\Program Files\\App\\a.exe starten", ["C:\\Program Files\\App\\a.exe"]),
        ("./a/b, ../c und ~/x", ["./a/b", "../c", "~/x"]),
        ("\\\\server\\share\\x", ["\\\\server\\share\\x"]),
        ("$HOME/x und %APPDATA%\\App", ["$HOME/x", "%APPDATA%\\App"]),
        ("src/main.py, notes.txt.", ["src/main.py", "notes.txt"]),
        ("/users/{id}/files", ["/users/{id}/files"]),
        ("(/var/log/syslog)", ["/var/log/syslog"]),
        ("\u30d5\u30a1\u30a4\u30eb/usr/bin/x\u3092", ["/usr/bin/x"]),
        ("\u0627\u0644\u0645\u0644\u0641 /usr/bin/x", ["/usr/bin/x"]),
        ("and/or, km/h, he/she, TCP/IP", []),
        ("und /oder", []),
        ("\u0438/\u0438\u043b\u0438, \u6771\u4eac/\u5927\u962a/\u4eac\u90fd", []),
        ("Satz.Der n\u00e4chste", []),
    ],
)
def test_paths_are_found(line: str, texts: list[str]) -> None:
    check_kind("path", line, texts)


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        ("Fehler 0x8024402C.", ["0x8024402C"]),
        ("sensor.temp_1 ist an", ["sensor.temp_1"]),
        ("snake_case, FILE_NOT_FOUND", ["snake_case", "FILE_NOT_FOUND"]),
        ("getValue und CamelCaseWord", ["getValue", "CamelCaseWord"]),
        ("GitHub auf dem iPhone", ["GitHub", "iPhone"]),
        ("--option und --dry-run.", ["--option", "--dry-run"]),
        ("os.path.join() und main()", ["os.path.join()", "main()"]),
        ("std::vector, a->b", ["std::vector", "a->b"]),
        ("UTF-8 und ISO-8859-1", ["UTF-8", "ISO-8859-1"]),
        ("MP3, H264, A4", ["MP3", "H264", "A4"]),
        ("#ff00aa", ["#ff00aa"]),
        (
            "123e4567-e89b-12d3-a456-426614174000",
            ["123e4567-e89b-12d3-a456-426614174000"],
        ),
        ("commit 3f2a9bc", ["3f2a9bc"]),
        ("@user_name hat", ["@user_name"]),
        ("\u3053\u308c\u306fgetValue\u3067\u3059", ["getValue"]),
        ("\u0627\u0644\u062e\u0637\u0623 FILE_NOT_FOUND", ["FILE_NOT_FOUND"]),
        ("JSON_API-Aufruf", ["JSON_API"]),
        ("U.S. und e.g. z.B. Ph.D.", []),
        ("LehrerInnen, GROSS, Wort", []),
        ("state-of-the-art, well--known - so", []),
        ("NATO, I'm, O'Neill", []),
        ("_kursiv_ Wort", []),
        ("pH und kHz", []),
    ],
)
def test_identifiers_are_found(line: str, texts: list[str]) -> None:
    check_kind("identifier", line, texts)


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        ("Super \U0001f600!", ["\U0001f600"]),
        ("\U0001f44d\U0001f3fd gut", ["\U0001f44d\U0001f3fd"]),  # skin tone
        (
            "\U0001f468\u200d\U0001f469\u200d\U0001f467 da",  # joined family
            ["\U0001f468\u200d\U0001f469\u200d\U0001f467"],
        ),
        (
            "\U0001f1e9\U0001f1ea\U0001f1ef\U0001f1f5",
            ["\U0001f1e9\U0001f1ea", "\U0001f1ef\U0001f1f5"],
        ),
        ("1\ufe0f\u20e3 und #\ufe0f\u20e3", ["1\ufe0f\u20e3", "#\ufe0f\u20e3"]),
        ("\u2764\ufe0f und \u2764", ["\u2764\ufe0f", "\u2764"]),
        ("\u00a9\ufe0f", ["\u00a9\ufe0f"]),
        ("\U0001f3f4\U000e0067\U000e0062\U000e007f", ["\U0001f3f4\U000e0067\U000e0062\U000e007f"]),
        (
            "\U0001f9d1\U0001f3fb\u200d\u2695\ufe0f",  # health worker with skin tone
            ["\U0001f9d1\U0001f3fb\u200d\u2695\ufe0f"],
        ),
        ("ok :smile: :+1", [":smile:"]),
        ("\u3084\u3063\u305f\U0001f389\U0001f389", ["\U0001f389", "\U0001f389"]),
        ("\u0634\u0643\u0631\u0627 \U0001f64f", ["\U0001f64f"]),
        ("\u2605\u2605\u2606", ["\u2605", "\u2605", "\u2606"]),
        ("\u00a9 \u2122 \u2192 \u65e5\u672c", []),
        ("a:b:c", []),
    ],
)
def test_emoji_are_found(line: str, texts: list[str]) -> None:
    spans = [text for kind, text in found(line) if kind == "emoji"]

    assert spans == texts


@pytest.mark.parametrize(
    ("line", "words", "texts"),
    [
        ("Acme und acme", ["Acme"], ["Acme"]),
        ("Acmes, Acme-Konto, Acme's", ["Acme"], ["Acme", "Acme"]),
        ("New York City", ["New", "New York"], ["New York"]),
        ("C++ und C", ["C++"], ["C++"]),
        ("Google\u306f\u682a", ["Google", "\u682a"], ["Google", "\u682a"]),
        (
            "\u0643\u062a\u0627\u0628\u064a \u0643\u062a\u0627\u0628",
            ["\u0643\u062a\u0627\u0628"],
            1,
        ),
        ("\u0648\u0643\u062a\u0627\u0628", ["\u0643\u062a\u0627\u0628"], []),  # within a word
        ("\u0939\u093f\u0928\u094d\u0926\u0940", ["\u0939"], []),  # a vowel sign goes on
    ],
)
def test_words_are_found_between_word_boundaries(
    line: str, words: list[str], texts: list[str] | int
) -> None:
    spans = [span.text for span in find_spans(line, SpanRules(["word"], words=words))]

    assert spans == (words if texts == 1 else texts)


@pytest.mark.parametrize(
    ("line", "rules", "spans"),
    [
        # A user's expressions win, even within longer spans.
        ("https://x.de/ABC-1", SpanRules(patterns=["[A-Z]+-\\d"]), [("custom", "ABC-1")]),
        # A word within a longer span is held by it.
        ("https://Acme.com/x", SpanRules(words=["Acme"]), [("url", "https://Acme.com/x")]),
        ("Acme 3", SpanRules(words=["Acme 3"]), [("word", "Acme 3")]),
        # A code span holds what is in it.
        ("`{x} 3`", ALL, [("code", "`{x} 3`")]),
        # A keycap is an emoji, its digit no number.
        ("1\ufe0f\u20e3", ALL, [("emoji", "1\ufe0f\u20e3")]),
        # v1.2.3 has the form of identifiers, but is a version.
        ("v1.2.3", ALL, [("number", "v1.2.3")]),
        ("{count} von 3", SpanRules(["number"]), [("number", "3")]),
    ],
)
def test_priority_of_kinds(line: str, rules: SpanRules, spans: list[tuple[str, str]]) -> None:
    assert found(line, rules) == spans


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_that_is_switched_off_is_not_found(kind: str) -> None:
    line = "XX Acme `a b` https://x.de a@x.de <b> {x} **f** ./a snake_case 42 \U0001f600"
    rules = SpanRules(patterns=["XX"], words=["Acme"])

    others = rules.with_kinds(set(KINDS) - {kind})

    assert kind in {span.kind for span in find_spans(line, rules)}
    assert kind not in {span.kind for span in find_spans(line, others)}


PARTS = st.sampled_from([*"aZfx09_-:.@#()[]<>&/~*", "\u0663", "\u00bd", "\u20e3", "de", "\u4e00"])


@given(st.one_of(LINES, st.lists(PARTS, max_size=12).map("".join)))
def test_a_line_with_a_span_has_the_hint_of_its_kind(line: str) -> None:
    for kind, find in FINDERS.items():
        if list(find(line)):
            assert HINTS[kind].search(line), kind
    if list(find_markup(line)):
        assert HINTS["markup"].search(line)


@pytest.mark.parametrize(
    "line", ["deadbeef-dead-beef-dead-beefdeadbeef", "abc1234", "UTF-8", "a()", "x->y", "0XFF"]
)
def test_identifiers_without_a_sign_have_a_hint_too(line: str) -> None:
    assert list(FINDERS["identifier"](line))
    assert HINTS["identifier"].search(line)


@given(LINES)
def test_spans_are_sorted_do_not_overlap_and_hold_their_text(line: str) -> None:
    spans = find_spans(line, SpanRules(patterns=[r"wort\w?"], words=["Acme"]))

    ends = [0, *(span.end for span in spans)]
    assert all(end <= span.start for end, span in zip(ends, spans, strict=False))
    assert all(span.start < span.end for span in spans)
    assert all(line[span.start : span.end] == span.text for span in spans)


HOSTILE = (
    *("a", "1", "<", "{", "}", "%", "`", "*", "_", "[", "]", "(", "/", "\\", ".", ":", "@", "-"),
    *("a.", "a_", "a/", "a-", "1.", "1,", "a@", "a@a.", "a:/", "./", "A1", "aB", "--a", "0x"),
    *("<a ", "<a b=", '<a b="', "<!--", "<!-", "</a", "<a b='<a b=\"", "&a", "<?", "<%", "http://"),
    *(
        "http://(",
        "www.",
        "a.com",
        "{a",
        "{{",
        "{{a",
        "{a,",
        "{% ",
        "%(",
        "%(a",
        "$t(",
        "${",
        "%1$",
    ),
    *(
        "` ",
        "``` `` `",
        "**a",
        "*a ",
        "**a *b ",
        "__a",
        "](",
        "[a](",
        "[a](b ",
        '](a "',
        "[![",
        "~~",
    ),
    *("C:\\", "C:\\a ", "\\\\a", "~/", "/a/", "//", "a\\", "{n, number, ", "a::", "a->", "@a"),
    *("\U0001f468\u200d", "\U0001f1e9", "1\ufe0f", ":a", ":a:", "a b ", "AB-", "AB-1", "a1b2c3d"),
    *(
        "\u3042",
        "\u3042a",
        "v1.",
        "1e",
        "2026-11-",
        "'",
        '"',
        "a'",
        "\u0301",
        "tel:",
        "__A",
        "__A_",
    ),
)


def test_time_is_linear_for_hostile_repeats() -> None:
    slow = []
    for fragment in HOSTILE:
        line = (fragment * 20_000)[:20_000]
        start = time.process_time()
        find_spans(line, ALL)
        seconds = time.process_time() - start
        if seconds > 10:  # a linear search takes a twentieth of a second, a quadratic one minutes
            slow.append((fragment, seconds))

    assert slow == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_hostile_line_takes_less_than_a_second_for_each_kind(kind: str) -> None:
    rules = SpanRules([kind], patterns=["a++b"], words=["a b c", "a."])
    for fragment in ("a", "a@a.", "<a b=' ", "{a,", "` `` ", "*a ", "1.", "/a/", "http://("):
        line = (fragment * 100_000)[:100_000]
        start = time.process_time()
        find_spans(line, rules)

        assert time.process_time() - start < 1.0, (kind, fragment)


def test_a_quadratic_expression_of_a_user_is_bounded_by_stretches() -> None:
    start = time.process_time()
    find_spans("a" * 100_000, SpanRules(["custom"], patterns=["a+b"]))

    assert time.process_time() - start < 5.0


def test_rules_can_be_pickled() -> None:
    rules = SpanRules(["custom", "word"], [r"X\d"], ["Acme"])
    line = "X1 Acme 3"

    assert find_spans(line, pickle.loads(pickle.dumps(rules))) == find_spans(line, rules)
