"""Text in scripts that a vocabulary lacks."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.text.scripts import FOREIGN, ForeignText, cut_foreign
from seq2seq.text.spans.rules import Span

LATIN = string.ascii_letters + "\u00e4\u03bc"  # and the Greek letter of micrometres
RUSSIAN = "".join(map(chr, range(ord("\u0430"), ord("\u0450"))))


@pytest.mark.parametrize(
    ("letters", "line", "foreign"),
    [
        (LATIN, "Connect to 東京 now", ["東京"]),
        (LATIN, "Hello! Как дела? Great", ["Как дела"]),
        # The sign of long vowels, and punctuation between letters, but not after them.
        (LATIN, "コーヒー、お茶。", ["コーヒー、お茶"]),
        (LATIN, "नमस्ते!", ["नमस्ते"]),  # vowel signs are marks
        (LATIN, "5 \u03bcm, naïve, 3 ‰ ª 😀", []),  # a known letter, Latin, signs
        (LATIN, "\u03bcήδη", ["\u03bcήδη"]),  # a word with one known letter
        (RUSSIAN, "Wi-Fi в доме", ["Wi", "Fi"]),
        (LATIN + RUSSIAN, "Wi-Fi в доме", []),
        ("", "東京", []),  # a vocabulary of bytes
    ],
)
def test_foreign_words_of_a_line(letters: str, line: str, foreign: list[str]) -> None:
    found = ForeignText(frozenset(letters)).find(line)

    assert [span.text for span in found] == foreign
    assert all(line[span.start : span.end] == span.text for span in found)


@given(st.text())
def test_known_letters_are_never_foreign(line: str) -> None:
    letters = frozenset(filter(str.isalpha, line)) | frozenset(LATIN)

    assert ForeignText(letters).find(line) == []


def test_of_foreign_text_the_parts_outside_terms_are_left() -> None:
    line = "\u65b0\u6771\u4eac\u99c5 <b>"
    spans = [Span(0, 4, FOREIGN, line[:4]), Span(5, 8, "tag", "<b>")]

    middle, whole = Span(1, 3, "term", "Tokio"), Span(0, 4, "term", "Neu-Tokio")

    assert [span.text for span in cut_foreign(spans, [middle])] == ["\u65b0", "\u99c5", "<b>"]
    assert cut_foreign(spans, [whole]) == spans[1:]
    assert cut_foreign(spans, []) == spans
