"""Languages without spaces between words, recognised by their letters."""

import pytest

from seq2seq.evaluation.metrics import sacrebleu_tokenizer
from seq2seq.evaluation.unspaced import SCRIPTS, unspaced_language


@pytest.mark.parametrize(
    ("lines", "language"),
    [
        (["猫が好きです。"], "ja"),
        (["東京大学で日本語を学ぶ"], "ja"),  # 8 of 11 letters are Han, and 3 are kana
        (["我喜欢猫。", "今天天气很好。"], "zh"),
        (["ฉันชอบแมว"], "th"),
        (["ខ្ញុំចូលចិត្តឆ្មា"], "km"),
        (["I like cats.", "Ich mag Katzen."], None),
        (["The word 猫 is a cat."], None),  # one letter of 13
        (["나는 고양이를 좋아한다"], None),  # Korean has spaces
        (["12 34", "", "?!"], None),
        ([], None),
    ],
)
def test_the_letters_of_most_of_the_text_decide(lines: list[str], language: str | None) -> None:
    assert unspaced_language(lines) == language


def test_bleu_has_another_tokenizer_for_each_language_that_is_recognised() -> None:
    assert {sacrebleu_tokenizer(code) for code in SCRIPTS} == {"char", "zh"}
