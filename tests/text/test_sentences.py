# ruff: noqa: RUF001
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seq2seq.text.sentences import Sentence, split_clauses, split_sentences

# Characters that sentences, blanks and spans are made of, and any others.
LINE = st.one_of(
    st.text(),
    st.text(
        st.sampled_from('aB .!?。…\u00a0\t\n\r\u2028\u30001,;:–{}<>b/"“”」と\ud800\u0301\u200d😀')
    ),
    st.lists(
        st.sampled_from(["Dr. ", "{a. B}", "<b>", "</b>", "Yes. ", "No!", " ", "はい。", "9", ", "])
    ).map("".join),
)
LANGUAGE = st.sampled_from(["en", "de", "ja", "ar", "hi", "zh-Hans", "xx", ""])
LENGTH = st.integers(1, 12)


def spans(line: str) -> list[tuple[int, int]]:
    """Return the placeholders and tags of a line."""
    return [match.span() for match in re.finditer(r"\{[^{}]*\}|</?\w+>", line)]


def text_of(sentences: list[Sentence]) -> str:
    return "".join(text + blank for text, blank in sentences)


def borders_of(sentences: list[Sentence]) -> list[int]:
    """Return the positions at which texts and blanks end."""
    ends, position = [], 0
    for part in (part for sentence in sentences for part in sentence):
        position += len(part)
        ends.append(position)
    return ends


@given(LINE, LANGUAGE)
@example("\r\n", "en")
@example("A\u00a0. B", "en")
@example("a. \ud800 B. C", "en")
def test_sentences_and_blanks_are_the_line(line: str, language: str) -> None:
    assert text_of(split_sentences(line, language)) == line


@given(LINE, LANGUAGE)
def test_a_sentence_has_no_blanks_around_it(line: str, language: str) -> None:
    for number, (text, blank) in enumerate(split_sentences(line, language)):
        assert text == text.strip()
        assert blank.strip() == ""
        assert text or (number == 0 and blank)


@given(LINE, LANGUAGE)
@example("{a. B} c. D", "en")
@example("{ } { }", "en")
def test_no_sentence_ends_inside_a_protected_span(line: str, language: str) -> None:
    borders = borders_of(split_sentences(line, language, spans))

    for start, end in spans(line):
        assert not [border for border in borders if start < border < end]


@given(LINE, LENGTH)
@example("a" * 50, 3)
@example(" , ; ", 1)
def test_clauses_and_blanks_are_the_sentence_and_each_fits(line: str, length: int) -> None:
    parts = split_clauses(line, lambda text: len(text) <= length)

    assert text_of(parts) == line
    assert all(len(text) <= length for text, _ in parts)


@given(LINE, LENGTH)
@example("{a b c d e f} {g}", 4)
def test_no_clause_ends_inside_a_protected_span_and_only_a_span_may_not_fit(
    line: str, length: int
) -> None:
    parts = split_clauses(line, lambda text: len(text) <= length, spans)

    assert text_of(parts) == line
    for start, end in spans(line):
        assert not [border for border in borders_of(parts) if start < border < end]
    for text, _ in parts:
        assert len(text) <= length or spans(text) == [(0, len(text))]


@given(LINE, st.integers(0, 5))
def test_whatever_fits_says_nothing_is_dropped(line: str, salt: int) -> None:
    # It says yes and no without any order.
    parts = split_clauses(line, lambda text: (len(text) * 7 + salt) % 3 == 0)

    assert text_of(parts) == line


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("en", ["Dr. Smith paid 3.50 at 5 p.m. on Jan. 5.", "Then he left."]),
        ("en", ["Wait... what?", "No way… Really?!", "Yes."]),
        ("en", ['He said: "Stop! Go home."', "Then he left."]),
        ("en", ["1. Open the file.", "2. Close it."]),  # the number of an item is no sentence
        ("en", ["Is it you?", "Yes. 😀"]),  # nor is an emoji
        ("de", ["Das ist z. B. Dr. Müller.", "Am 5. Mai kam er um 3.30 Uhr.", "Gut."]),
        ("de", ["Er sagte: „Geh! Sofort.“", "Dann ging er."]),
        ("fr", ["M. Dupont est là.", "« Je ne sais pas. »", "Voilà !"]),
        ("es", ["¿Qué tal?", "¡Bien!", "El Sr. García vive aquí."]),
        ("ar", ["كيف حالك؟", "أنا بخير.", "شكرا!"]),
        ("hi", ["मैं ठीक हूँ।", "तुम कैसे हो?", "धन्यवाद।"]),
        ("el", ["Τι κάνεις;", "Καλά."]),
        ("hy", ["Բարև։", "Ինչպե՞ս ես։"]),
        ("xx", ["No such language.", "But sentences."]),
    ],
)
def test_a_line_is_split_at_its_sentences(language: str, sentences: list[str]) -> None:
    line = " ".join(sentences)

    blanks = [" "] * (len(sentences) - 1) + [""]
    assert split_sentences(line, language) == list(map(Sentence, sentences, blanks))


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("ja", ["これはペンです。", "本当？", "はい！"]),
        ("ja", ["「行こう。」と言った。", "彼は行った。"]),  # a quotation inside a sentence
        ("zh", ["你好。", "你呢？", "他说：“走吧。”", "然后走了！"]),
    ],
)
def test_sentences_need_no_blank_between_them(language: str, sentences: list[str]) -> None:
    assert split_sentences("".join(sentences), language) == [Sentence(s, "") for s in sentences]


def test_blanks_are_kept_as_they_are() -> None:
    assert split_sentences("\u00a0 Hi there.\u00a0 \tBye.  ", "en") == [
        Sentence("", "\u00a0 "),
        Sentence("Hi there.", "\u00a0 \t"),
        Sentence("Bye.", "  "),
    ]
    assert split_sentences(" ", "en") == [Sentence("", " ")]
    assert split_sentences("", "en") == []


def test_a_no_break_space_before_a_full_stop_is_no_panic(capfd: pytest.CaptureFixture[str]) -> None:
    line = "Eat vitamin A\u00a0. And B."

    assert [text for text, _ in split_sentences(line, "en")] == [line[:15], "And B."]
    assert capfd.readouterr().err == ""


def test_a_panic_of_the_library_leaves_the_line_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    class PanicException(BaseException):
        pass

    def stop(_: str, __: str) -> list[str]:
        raise KeyboardInterrupt

    def panic(_: str, __: str) -> list[str]:
        raise PanicException("not a char boundary")

    monkeypatch.setattr("sentencex.segment", panic)
    assert split_sentences("A b. C d.", "en") == [Sentence("A b. C d.", "")]
    monkeypatch.setattr("sentencex.segment", lambda _, __: ["A b. ", "C"])  # it has lost a letter
    assert split_sentences("A b. C d.", "en") == [Sentence("A b. C d.", "")]
    monkeypatch.setattr("sentencex.segment", stop)
    with pytest.raises(KeyboardInterrupt):
        split_sentences("A b. C d.", "en")


def test_the_blanks_of_a_protected_span_are_a_part_of_it() -> None:
    line = "{ a } B. { } "

    assert split_sentences(line, "en", spans) == [Sentence("{ a } B. { }", " ")]
    assert split_sentences(" a  ", "en", lambda _: [(0, 3)]) == [Sentence(" a ", " ")]


def test_tags_go_with_what_they_enclose() -> None:
    line = "<b>Hi there.</b> Who is it? <i>Me. You.</i>"

    assert [text for text, _ in split_sentences(line, "en", spans)] == [
        "<b>Hi there.</b>",
        "Who is it?",
        "<i>Me.",
        "You.</i>",
    ]
    assert [text for text, _ in split_sentences("<b>はい。</b>いいえ。", "ja", spans)] == [
        "<b>はい。</b>",
        "いいえ。",
    ]


@pytest.mark.parametrize(
    ("length", "parts"),
    [
        (99, ["We left; Tom, who was 3,5 km away, stayed."]),
        (33, ["We left;", "Tom, who was 3,5 km away, stayed."]),
        (25, ["We left;", "Tom, who was 3,5 km away,", "stayed."]),
        (24, ["We left;", "Tom,", "who was 3,5 km away,", "stayed."]),
        (12, ["We left;", "Tom,", "who was 3,5", "km away,", "stayed."]),
        (6, ["We", "left;", "Tom,", "who", "was", "3,5 km", "away,", "stayed", "."]),
    ],
)
def test_a_sentence_is_cut_at_the_best_borders_that_do(length: int, parts: list[str]) -> None:
    sentence = "We left; Tom, who was 3,5 km away, stayed."

    made = split_clauses(sentence, lambda text: len(text) <= length)

    assert [text for text, _ in made] == parts


def test_chinese_and_japanese_clauses_have_no_blanks() -> None:
    made = split_clauses("昨日、雨が降って、寒かった。", lambda text: len(text) <= 6)

    assert [text for text, _ in made] == ["昨日、", "雨が降って、", "寒かった。"]


def test_a_grapheme_cluster_is_not_cut_while_it_fits() -> None:
    family, accented = "👨\u200d👩\u200d👧", "e\u0301"

    made = split_clauses(family + accented + family, lambda text: len(text) <= 6)

    assert [text for text, _ in made] == [family, accented, family]
    assert len(split_clauses(family, lambda text: len(text) <= 3)) == 2


def test_a_long_line_takes_few_calls() -> None:
    calls = 0

    def fits(text: str) -> bool:
        nonlocal calls
        calls += 1
        return len(text) <= 100

    parts = split_clauses("ab cd, " * 10_000, fits)

    assert len(parts) == 715  # fourteen of seven characters in each but the last
    assert calls < 10 * len(parts)
