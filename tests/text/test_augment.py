# ruff: noqa: RUF001
import re
from collections import Counter
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seq2seq.config.augment import RATES
from seq2seq.errors import ConfigError
from seq2seq.text.augment import AugmentOptions, Context, LinePair, augment, pair_random
from seq2seq.text.augment.casing import lower, title, upper
from seq2seq.text.augment.modifiers import join
from seq2seq.text.augment.noise import EMOJI, random_span, spans
from seq2seq.text.augment.pairs import change_outside
from seq2seq.text.augment.quotes import straight, typographic
from seq2seq.text.augment.typos import misspell
from seq2seq.text.languages import blank_between

PAIR = LinePair("He said: \"It's {Name}'s.\"", "Er sagte: „Es ist {Name}s.“")
RANDOMS = [pair_random(1, 1, position) for position in range(200)]


def placeholders(line: str) -> list[tuple[int, int]]:
    """Return the spans of placeholders."""
    return [match.span() for match in re.finditer(r"\{\w+\}", line)]


NO_CONTEXT, PLACEHOLDERS = Context(), Context(protected=placeholders)


def changed(
    source: str, target: str, context: Context = PLACEHOLDERS, /, **rates: float
) -> LinePair:
    """Return a pair after modifiers with `rates`."""
    return augment(LinePair(source, target), Random(1), AugmentOptions(**rates), context)


def variants(pair: LinePair, context: Context = NO_CONTEXT, **rates: float) -> list[LinePair]:
    """Return 200 changed pairs."""
    options = AugmentOptions(**rates)
    return [augment(pair, pair_random(7, 1, n), options, context) for n in range(200)]


# A rate of each of the modifiers, of which casing shares one.
RATE = st.fixed_dictionaries(
    {name: st.sampled_from([0.0, 0.3] if "case" in name or name == "capitals" else [0.0, 0.5, 1.0])
     for name in RATES}
)  # fmt: skip
LINE = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    st.lists(
        st.sampled_from(["Häuser", "{Name}", "straße.", '"No"', "it's", "。", "İstanbul", "ΜΆΪΟΣ"]),
        min_size=1,
    ).map(" ".join),
).filter(str.strip)


@given(LINE, LINE, RATE, st.integers(0, 2**63), st.sampled_from(["en", "tr", "el", "ja", "ar"]))
@example("{Name}.", "{Name}.", dict.fromkeys(RATES, 0.0) | {"no_final_mark": 1.0}, 0, "en")
def test_protected_spans_stay_and_nothing_becomes_blank(
    source: str, target: str, rates: dict[str, float], seed: int, language: str
) -> None:
    context = Context(language, language, placeholders)

    made = augment(
        LinePair(source, target), pair_random(seed, 1, 2), AugmentOptions(**rates), context
    )

    for before, after in zip((source, target), made, strict=True):
        assert after.strip()
        spans = Counter(re.findall(r"\{\w+\}", before))
        assert spans <= Counter(re.findall(r"\{\w+\}", after))
        assert "\n" in before or "\n" not in after


@given(RATE, st.integers(0, 2**63), st.integers(0, 99), st.integers(0, 10**9))
def test_a_pair_is_a_function_of_seed_epoch_and_position(
    rates: dict[str, float], seed: int, epoch: int, position: int
) -> None:
    options = AugmentOptions(**rates)

    first, second = (augment(PAIR, pair_random(seed, epoch, position), options) for _ in "ab")

    assert first == second


def test_seed_epoch_and_position_each_make_another_generator() -> None:
    triples = [(1, 2, 3), (2, 2, 3), (1, 3, 3), (1, 2, 4), (12, 2, 3), (1, 22, 3), (1, 2, 33)]

    assert len({pair_random(*triple).random() for triple in triples}) == len(triples)


def test_the_generator_is_the_same_in_every_release() -> None:
    # The same with Python 3.11, 3.12 and 3.13.
    assert [round(pair_random(*triple).random(), 6) for triple in ((1, 2, 3), (1, 1, 0))] == [
        0.531302,
        0.953736,
    ]


@given(LINE, LINE)
def test_without_rates_a_pair_is_returned_and_nothing_is_drawn(source: str, target: str) -> None:
    pair, random = LinePair(source, target), Random(1)
    state = random.getstate()

    assert augment(pair, random, AugmentOptions()) is pair
    assert random.getstate() == state
    assert AugmentOptions().is_identity


@pytest.mark.parametrize("name", RATES)
def test_a_rate_is_the_share_of_pairs_that_are_changed(name: str) -> None:
    pair = LinePair("Anna calls her older brother.", "Anna ruft ihren älteren Bruder an.")
    if name == "quotes":
        pair = PAIR
    options = AugmentOptions(**{name: 0.25})

    number = sum(
        augment(pair, pair_random(3, 1, n), options, next_pairs=lambda n: [pair] * n) != pair
        for n in range(4000)
    )

    assert not options.is_identity
    assert number / 4000 == pytest.approx(0.25, abs=0.03)  # four standard deviations


@pytest.mark.parametrize(
    ("name", "source", "target"),
    [
        ("capitals", "DIE STRASSE VON {Name}.", "ROAD OF {Name}."),
        ("title_case", "Die Straße Von {Name}.", "Road Of {Name}."),
        ("lower_case", "die straße von {Name}.", "Road of {Name}."),
        ("no_final_mark", "Die Straße von {Name}", "Road of {Name}"),
    ],
)
def test_a_modifier_leaves_placeholders_alone(name: str, source: str, target: str) -> None:
    made = changed("Die Straße von {Name}.", "Road of {Name}.", **{name: 1})

    assert made == (source, target)


@pytest.mark.parametrize("name", ["capitals", "title_case", "lower_case"])
def test_scripts_without_case_are_not_changed_by_casing(name: str) -> None:
    lines = "私はPythonが好きです。", "أحب لغة Python كثيرا"

    assert changed(*lines, Context("ja", "ar"), **{name: 1}) == lines
    assert changed("I like it.", lines[0], Context("en", "ja"), **{name: 1}).target == lines[0]


@pytest.mark.parametrize(
    ("language", "line", "capitals", "titles", "small"),
    [
        ("de", "groß und Süß", "GROSS UND SÜSS", "Groß Und Süß", "groß und süß"),
        ("tr", "ılık İzmir'in IŞIĞI", "ILIK İZMİR'İN IŞIĞI", "Ilık İzmir'in IŞIĞI",
         "ılık izmir'in ışığı"),
        ("tr_TR", "istanbul", "İSTANBUL", "İstanbul", "istanbul"),
        ("en", "don't i", "DON'T I", "Don't I", "don't i"),
        ("en", "'tis 3rd x-ray", "'TIS 3RD X-RAY", "'Tis 3rd X-Ray", "'tis 3rd x-ray"),
        ("el", "Μάιος, μαΐου", "ΜΑΙΟΣ, ΜΑΪΟΥ", "Μάιος, Μαΐου", "μάιος, μαΐου"),
        ("ru", "Привет, мир", "ПРИВЕТ, МИР", "Привет, Мир", "привет, мир"),
    ],
)  # fmt: skip
def test_case_follows_the_language(
    language: str, line: str, capitals: str, titles: str, small: str
) -> None:
    assert upper(line, language) == capitals
    assert title(line, language) == titles
    assert lower(line, language) == small


def test_a_pair_gets_one_case_at_most() -> None:
    made = variants(
        LinePair("Anna sees Bob.", "Anna sieht Bob."), capitals=0.3, title_case=0.3, lower_case=0.4
    )

    assert set(made) == {
        ("ANNA SEES BOB.", "ANNA SIEHT BOB."),
        ("Anna Sees Bob.", "Anna Sieht Bob."),
        ("anna sees bob.", "Anna sieht Bob."),
    }


@pytest.mark.parametrize(
    ("language", "line", "typeset"),
    [
        ("en", "\"It's 'so'\", he said.", "“It’s ‘so’”, he said."),
        ("de", 'Er rief: "Geh\'s an!"', "Er rief: „Geh’s an!“"),
        ("fr", '"Oui", dit-il.', "«\u00a0Oui\u00a0», dit-il."),
        ("sv", '("Ja")', "(”Ja”)"),
        ("pl", '"Tak"', "„Tak”"),
        ("es", '"Sí"', "«Sí»"),
    ],
)
def test_quotes_become_typographic_by_language_and_straight_again(
    language: str, line: str, typeset: str
) -> None:
    assert typographic(line, language) == typeset
    assert straight(typeset) == line


def test_quotes_are_changed_in_the_source_alone() -> None:
    assert changed(*PAIR, Context("en", "de"), quotes=1) == (
        "He said: “It’s {Name}’s.”",
        PAIR.target,
    )
    made = changed(PAIR.target, PAIR.source, Context("de", "en"), quotes=1)
    assert made == ('Er sagte: "Es ist {Name}s."', PAIR.source)


@pytest.mark.parametrize(
    ("source", "target", "made"),
    [
        ("Yes.", "Ja.", ("Yes", "Ja")),
        ("はい。", "Yes.", ("はい", "Yes")),
        ("हाँ।", "Yes.", ("हाँ", "Yes")),
        ("Yes...", "Ja.", None),  # an ellipsis
        ("Yes…", "Ja.", None),
        ("Yes?", "Ja?", None),
        ("Yes", "Ja.", None),  # the reference would be cut
        (".", ".", None),
    ],
)
def test_a_full_stop_is_dropped_where_both_sides_have_one(
    source: str, target: str, made: tuple[str, str] | None
) -> None:
    assert changed(source, target, no_final_mark=1) == (made or (source, target))


def test_quotes_and_a_full_stop_inside_a_protected_span_stay() -> None:
    context = Context("en", "en", lambda line: [(line.index("<"), line.index(">") + 1)])
    lines = 'Say "<a b="c.">', '"No" <x.>'

    assert changed(*lines, context, quotes=1).source == 'Say “<a b="c.">'
    full_stop = Context("en", "en", lambda line: [(len(line) - 2, len(line))])
    assert changed("a b.", "c d.", full_stop, no_final_mark=1) == ("a b.", "c d.")


def test_a_typing_error_is_one_of_four_kinds() -> None:
    random = Random(1)

    made = {misspell("word", random, "en") for _ in range(500)}

    # Beside o are i and p, below it k and l; beside r are e and t, below it d and f. The first
    # and the last letter are changed by a swap at most.
    assert made == {
        *("wird", "wprd", "wkrd", "wlrd", "woed", "wotd", "wodd", "wofd"),
        *("wrod", "wodr", "woord", "worrd", "wrd", "wod"),
    }


def test_a_typing_error_in_capitals_is_in_capitals() -> None:
    assert {misspell("WORD", random, "en").isupper() for random in RANDOMS} == {True}


@pytest.mark.parametrize(
    ("language", "word", "made"),
    [
        ("de", "azur", "atur"),
        ("fr", "azur", "aeur"),
        ("en", "azur", "asur"),
        ("ru", "мира", "мтра"),
    ],
)
def test_neighbours_are_those_of_the_keyboard(language: str, word: str, made: str) -> None:
    assert made in {misspell(word, random, language) for random in map(Random, range(300))}


def test_typos_are_in_the_source_and_in_words_of_alphabets() -> None:
    for made in variants(
        LinePair("Sie malen {brother}", "They draw"), Context("en", "de", placeholders), typos=1
    ):
        assert made.target == "They draw"
        assert made.source != "Sie malen {brother}"
        assert made.source.endswith(" {brother}")
    lines = LinePair("彼女は電話をする हिन्दी का", "She can do so")
    assert set(variants(lines, typos=1)) == {lines}


def test_the_share_of_misspelt_words_is_an_option() -> None:
    line = "seven " * 100
    counts = []
    for rate in (0.001, 0.5, 1):
        (source, _) = changed(line, "x", typos=1, typo_words=rate)
        counts.append(sum(word != "seven" for word in source.split()))

    assert counts[0] == 1  # one at least
    assert 30 < counts[1] < 70
    assert counts[2] == 100 - sum(word == "seven" for word in source.split())
    assert counts[2] > 90  # of two equal letters swapped nothing is seen


def test_an_emoji_is_on_both_sides_and_at_the_end_most_often() -> None:
    pair = LinePair("Well, come in. Sit down.", "Also, komm. Setz dich.")

    made = variants(pair, emoji=1)

    signs = [
        re.findall("|".join(map(re.escape, sorted(EMOJI, key=len, reverse=True))), m.source)
        for m in made
    ]
    for sides, shown in zip(made, signs, strict=True):
        assert 1 <= len(shown) <= 2
        assert [side.count(shown[0]) for side in sides] == [len(shown)] * 2
    ends = [side.endswith(shown[0]) for (side, _), shown in zip(made, signs, strict=True)]
    assert 0.65 < sum(ends) / len(ends) < 0.85
    inside = [
        m for m in made if m.source[:4] == pair.source[:4] and m.source[-4:] == pair.source[-4:]
    ]
    assert inside
    for sides in inside:  # behind the comma or the first full stop, the same on both sides
        assert [bool(re.match(r"(Well|Also), [^ck]", side)) for side in sides] in (
            [True] * 2,
            [False] * 2,
        )


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("Well, come in. Sit down.", "Komm. Setz dich."),  # one border more
        ("Come {a. b} in.", "Komm. Setz dich."),  # a border inside a protected span
    ],
)
def test_without_a_matching_border_an_emoji_is_at_an_end(source: str, target: str) -> None:
    context = Context("en", "de", lambda line: [m.span() for m in re.finditer(r"\{.*?\}", line)])

    for made, _ in variants(LinePair(source, target), context, emoji=1):
        assert made.startswith(source) or made.endswith(source)


def test_a_span_comes_before_final_marks_only_if_both_sides_have_one() -> None:
    for source, target in variants(LinePair("Come in.", "Komm"), spans=1):
        assert source.replace("Come in.", "") == target.replace("Komm", "")


def test_spans_are_the_same_on_both_sides() -> None:
    pair = LinePair("Come in.", "Komm.")

    for source, target in variants(pair, spans=1):
        assert source.replace("Come in", "") == target.replace("Komm", "")
        assert source != pair.source


def test_a_span_follows_japanese_without_a_blank() -> None:
    made = variants(LinePair("行こう。", "Come in."), Context("ja", "en"), spans=1)

    assert not any(" " in re.sub("<.*?>", "", source) for source, _ in made)


def test_random_spans_are_of_many_kinds_and_new_each_time() -> None:
    made = [random_span(random) for random in map(Random, range(1000))]

    assert len(set(made)) > 600
    for pattern in (r"\{\w+\}", r"\{\{\w+\}\}", r"\$\{\w+\}", r"%\(\w+\)s", "%s", "%1\\$s", r"\d+"):
        assert any(re.fullmatch(pattern, span) for span in made), pattern
    for pattern in (r"https://\w+\.\w+/\w+", r"\w+@\w+\.\w+", r"`\w+`", r"/\w+/\w+\.txt"):
        assert any(re.fullmatch(pattern, span) for span in made), pattern
    assert not any(" " in span for span in made)


def test_two_to_four_consecutive_pairs_are_joined() -> None:
    following = [LinePair("B.", "二。"), LinePair("C.", "三。"), LinePair("D.", "四。")]

    def next_pairs(number: int) -> Sequence[LinePair]:
        assert 1 <= number <= 3
        return following  # more than were asked for

    context = Context("en", "ja")
    made = [join(LinePair("A.", "一。"), random, context, next_pairs) for random in RANDOMS]

    assert set(made) == {
        ("A. B.", "一。二。"),
        ("A. B. C.", "一。二。三。"),
        ("A. B. C. D.", "一。二。三。四。"),
    }


def test_where_no_pair_follows_nothing_is_joined() -> None:
    assert augment(PAIR, Random(1), AugmentOptions(join=1), next_pairs=lambda _: []) == PAIR


def test_the_other_modifiers_work_on_joined_pairs() -> None:
    options = AugmentOptions(join=1, capitals=1, no_final_mark=1)

    pair = LinePair("Yes.", "Ja.")
    made = augment(pair, Random(1), options, next_pairs=lambda _: [LinePair("No.", "Nein.")])

    assert made == ("YES. NO", "JA. NEIN")


def test_text_between_spans_is_changed_and_spans_may_overlap() -> None:
    assert change_outside("abcdefgh", [(4, 6), (1, 3), (2, 3), (5, 7)], str.upper) == "AbcDefgH"
    assert change_outside("abc", [], str.upper) == "ABC"


def test_sentences_of_chinese_and_japanese_have_no_blank_between_them() -> None:
    assert [blank_between(code) for code in ("zh-Hans", "ja", "th", "de", "")] == [
        "",
        "",
        " ",
        " ",
        " ",
    ]


@pytest.mark.parametrize(
    ("rates", "message"),
    [
        ({"typos": 1.5}, r"augment\.typos must be from 0 to 1, not 1\.5"),
        ({"emoji": float("nan")}, r"augment\.emoji must be from 0 to 1, not nan"),
        ({"typo_words": 0}, r"augment\.typo_words must be above 0 and at most 1, not 0"),
        ({"capitals": 0.6, "title_case": 0.5}, r"together must be at most 1: a pair gets one"),
    ],
)  # fmt: skip
def test_a_rate_that_cannot_be_is_refused(rates: dict[str, float], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        AugmentOptions(**rates)


def test_a_word_of_both_sides_gets_tags_or_is_replaced_by_a_span() -> None:
    pair = LinePair("Start Home now", "Starte Home jetzt")
    made = [spans(pair, pair_random(1, 0, row), AugmentOptions(), Context()) for row in range(300)]

    around = re.compile(
        r"^Start(e?) (?:<(\w+)>Home</\2>|\*\*Home\*\*|\[Home\]\(https://\w+\.org\)) (?:now|jetzt)$"
    )
    tagged = [each for each in made if around.fullmatch(each.source)]
    assert tagged
    assert all(around.fullmatch(each.target) for each in tagged)
    replaced = [each for each in made if re.match(r"^Start \S+ now$", each.source)
                and "Home" not in each.source]  # fmt: skip
    assert replaced
    for each in replaced:
        span = each.source.removeprefix("Start ").removesuffix(" now")
        assert each.target == f"Starte {span} jetzt"
    assert 0.35 < (len(tagged) + len(replaced)) / len(made) < 0.65
