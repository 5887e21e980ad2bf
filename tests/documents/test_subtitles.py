"""Subtitles: sentences over several cues, and their layout."""

from itertools import pairwise

import pysubs2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seq2seq.documents.document import FormatSettings, SegmentTranslation
from seq2seq.documents.registry import parse_document
from seq2seq.documents.text_layout import divide
from seq2seq.errors import TextError

SETTINGS = FormatSettings(source_language="en", target_language="de")
WORDS = st.lists(st.text(alphabet="abc.,", min_size=1, max_size=8), min_size=1, max_size=12)


def srt(*texts: str, pause: int = 0) -> str:
    cues = [
        f"{i}\n00:00:{(2 + pause) * i:02},000 --> 00:00:{(2 + pause) * i + 2:02},000\n{text}\n"
        for i, text in enumerate(texts)
    ]
    return "\n".join(cues)


def segments(text: str, name: str = "srt") -> list[str]:
    return [each.text for each in parse_document(text.encode(), name, SETTINGS).segments]


def write(text: str, *translations: str | None, name: str = "srt") -> str:
    document = parse_document(text.encode(), name, SETTINGS)
    made = [None if each is None else SegmentTranslation(each) for each in translations]
    return document.write(made).decode()


def test_a_sentence_of_several_cues_is_one_segment() -> None:
    assert segments(srt("Nobody told me\nthat the", "winter is long.", "It is. I", "know.")) == [
        "Nobody told me that the winter is long.", "It is.", "I know."
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("So he said.", "yes"),
        ("[rain]", "yes"),
        ("and then", "- Yes."),
        ("and then...", "Yes"),
        ("♪ la la ♪", "yes"),
        ("and then\nJOHN: yes", "no"),
        ("[door]\nand", "so on"),
        ("and then", "[door] so on"),
    ],
)
def test_what_ends_or_begins_by_itself_is_by_itself(first: str, second: str) -> None:
    assert len(segments(srt(first, second))) == 2


def test_sounds_and_speakers_in_a_cue_are_by_themselves() -> None:
    assert segments(srt("♪ La la ♪\n[rain\nfalls] and\nthen", "[door]\nYes\nJOHN: No\nway.")) == [
        "La la ♪", "[rain falls] and then", "[door]", "Yes", "JOHN: No way.",
    ]  # fmt: skip


def test_a_pause_ends_a_sentence_and_an_ellipsis_may_not() -> None:
    assert segments(srt("and then", "nothing", pause=4)) == ["and then", "nothing"]
    assert segments(srt("Wait...", "...until noon.")) == ["Wait... ...until noon."]


def test_speakers_have_sentences_of_their_own() -> None:
    text = srt("- Hello\n- <i>Good day,</i>", "my friend.")

    assert segments(text) == ["Hello", "Good day, my friend."]
    assert write(text, "Hallo", "Guten Tag, Freund.") == srt(
        "- Hallo\n- <i>Guten Tag,</i>", "Freund."
    )


def test_a_translation_is_cut_in_proportion_and_near_punctuation() -> None:
    assert divide("aa bb cc dd", [5, 5]) == ["aa bb", "cc dd"]
    assert divide("aa bb cc dd, ee", [5, 9]) == ["aa bb", "cc dd, ee"]
    assert divide("he says, that it is so", [10, 10]) == ["he says,", "that it is so"]
    assert divide("一二三四", [1, 1]) == ["一二", "三四"]
    assert divide("one", [4, 4]) == ["one"]
    assert divide("a\u00a0b c", [1, 3]) == ["a\u00a0b", "c"]


@given(words=WORDS, data=st.data())
def test_a_text_is_cut_where_it_was_cut(words: list[str], data: st.DataObject) -> None:
    count = data.draw(st.integers(1, len(words)))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(words)), max_size=count)))
    borders = [0, *cuts, len(words)]
    parts = [" ".join(words[a:b]) for a, b in pairwise(borders) if a < b]

    assert divide(" ".join(words), [len(part) for part in parts]) == parts


@given(words=WORDS, weights=st.lists(st.integers(1, 40), min_size=1, max_size=8))
def test_each_part_has_a_word_and_no_word_is_lost(words: list[str], weights: list[int]) -> None:
    parts = divide(" ".join(words), weights)

    assert len(parts) == min(len(weights), len(words))
    assert " ".join(parts).split() == words
    assert all(part.strip() for part in parts)


def test_markup_that_a_cut_goes_through_is_closed_and_opened_again() -> None:
    text = srt("I <i>really", "do</i> mean it.")

    assert segments(text) == ["I <x1/>really do<x2/> mean it."]
    one = srt("Now I <i>really do mean</i>", "all of it.")
    assert write(one, "Jetzt <g1>meine ich es auch so</g1>") == srt(
        "Jetzt <i>meine ich es</i>", "<i>auch so</i>"
    )


def test_one_word_for_two_cues_stays_on_the_screen() -> None:
    assert write(srt("Good", "bye!"), "Tschüss!") == srt("Tschüss!", "Tschüss!")


def test_lines_are_balanced_and_no_cue_without_a_new_text_is_touched() -> None:
    text = srt("One line here.", "Left  as\nit is.")
    long = "Eine Zeile, die nun sehr viel mehr zu sagen hat als vorher."

    assert write(text, long, None) == srt(
        "Eine Zeile, die nun sehr viel\nmehr zu sagen hat als vorher.", "Left  as\nit is."
    )


def test_drawings_and_karaoke_stay() -> None:
    head = "[Events]\nFormat: Start, End, Text\n"
    lines = ["{\\p1}m 0 0 l 1 1{\\p0}", "{\\k20}Ka{\\k30}ra", "Not {\\b1}this{\\b0}"]
    text = head + "".join(f"Dialogue: 0:00:01.00,0:00:02.00,{line}\n" for line in lines)

    assert segments(text, "ass") == ["Not <g1>this</g1>"]
    assert write(text, "<g1>Dies</g1> nicht", name="ass").endswith(",{\\b1}Dies{\\b0} nicht\n")


@pytest.mark.parametrize("name", ["srt", "vtt", "ass"])
def test_other_readers_read_the_same_cues(name: str) -> None:
    made = pysubs2.SSAFile()
    for i, text in enumerate(["A {\\i1}red{\\i0} house,", "near\\Nthe sea.", "Rain!"]):
        made.append(pysubs2.SSAEvent(start=i * 1000, end=i * 1000 + 900, text=text))
    document = parse_document(made.to_string(name).encode(), name, SETTINGS)
    assert [each.text for each in document.segments] == [
        "A <g1>red</g1> house, near the sea.",
        "Rain!",
    ]

    german = [
        SegmentTranslation("Ein <g1>rotes</g1> Haus, nahe am Meer."),
        SegmentTranslation("Regen!"),
    ]
    read = pysubs2.SSAFile.from_string(document.write(german).decode(), format_=name)

    assert [(each.start, each.end) for each in read] == [(each.start, each.end) for each in made]
    assert [each.text for each in read] == [
        "Ein {\\i1}rotes{\\i0} Haus,",
        "nahe\\Nam Meer.",
        "Regen!",
    ]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("srt", "Hello\n", "line 1 is not the number or the time of a cue"),
        ("srt", srt("a", "b") + "\n3\n00:00:1 --> x\nc\n", "line 10 has an arrow, but"),
        ("vtt", "1\n", "line 1 does not begin with WEBVTT"),
        ("vtt", "WEBVTT\n\n00:01 --> 00:02\nx\n", "line 3 has an arrow"),
        ("ass", "[Script Info]\n", r"line 1: there is no section \[Events\]"),
        ("ass", "[Events]\nDialogue: 1\n", "line 2 is a dialogue in front of the Format"),
        ("ass", "[Events]\nFormat: Start, Text\n", "line 2: Format needs Start and End"),
        ("ass", "[Events]\nFormat: Start, End, Text\nDialogue: 1\n", "line 3: a dialogue has 3"),
        ("ass", "[Events]\nFormat: Start, End, Text\nDialogue: 1,2,a\n", "line 3: .* no time such"),
    ],
)  # fmt: skip
def test_a_broken_line_is_named(name: str, text: str, message: str) -> None:
    with pytest.raises(TextError, match=f"^a: {message}"):
        parse_document(text.encode(), name, name="a")


WORDS_OF_CUES = "word two and, end. <i>word</i> <b>é word</b> {\\an8}word - ... É"
LINES = st.lists(
    st.lists(st.sampled_from(WORDS_OF_CUES.split()), min_size=1, max_size=5).map(" ".join),
    min_size=1,
    max_size=3,
).map("\n".join)


@given(cues=st.lists(LINES, max_size=5))
def test_any_cues_stay_in_their_lines_in_capitals(cues: list[str]) -> None:
    text = srt(*cues)
    document = parse_document(text.encode(), "srt", SETTINGS)
    same = [SegmentTranslation(each.text) for each in document.segments]
    assert document.write(same).decode() == text

    upper = [
        SegmentTranslation(each.text.replace("word", "WORD").replace("é", "É"))
        for each in document.segments
    ]

    assert document.write(upper).decode().lower() == text.lower()


PIECES = ["Anna. ", "It is", "<i>", "</i>", "<c>", "</c>", "<00:06.000>", "\n"]


@given(st.lists(st.sampled_from(PIECES)))
@example(["<c>", "</c>", "\n", "It is"])
def test_markup_without_a_text_is_a_part_of_a_sentence_beside_it(pieces: list[str]) -> None:
    text = f"WEBVTT\n\n00:01.000 --> 00:02.000\n{''.join(pieces)} So.\n"
    document = parse_document(text.encode(), "vtt", SETTINGS)

    written = document.write([SegmentTranslation("x") for _ in document.segments]).decode()

    assert all(segment.text for segment in document.segments)
    assert written.count("<00:06.000>") == text.count("<00:06.000>")


@pytest.mark.parametrize(("name", "arrow"), [("srt", "->"), ("vtt", "--&gt;")])
def test_an_arrow_in_a_translation_is_no_line_of_times(name: str, arrow: str) -> None:
    text = ("WEBVTT\n\n" if name == "vtt" else "") + "1\n00:00:01.000 --> 00:00:02.000\nGo on.\n"

    assert write(text, "a --> b", name=name).endswith(f"\na {arrow} b\n")
