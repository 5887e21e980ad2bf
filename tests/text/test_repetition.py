"""Repetition: lines worked by hand."""

import pytest

from seq2seq.text.repetition import is_repetitive, repeated_phrases


@pytest.mark.parametrize(
    ("line", "phrases"),
    [
        ("Open the camera settings.", {}),
        ("the the end", {("the",): 1}),
        # "kamera →" follows itself once, "→ kamera" too, and so does the 4-gram never.
        ("Kamera → Kamera → Kamera", {("kamera", "→"): 1, ("→", "kamera"): 1}),
        ("a b c d x a b c d", {("a", "b", "c", "d"): 1}),
        ("no No NO", {("no",): 2}),
        ("", {}),
        ("カメラの設定を開いてください", {}),
        ("カメラカメラを開いてください", {("カ", "メ", "ラ"): 1}),
        ("カメラカメラ", {("カ", "メ", "ラ"): 1}),
        ("いろいろな設定がますます増えます", {}),  # words that double
        ("設定を開く設定を開く", {tuple("設定を開く"): 1}),
        ("Home Assistant の設定 設定の 設定を 設定を開く", {tuple("設定を"): 1}),
        ("ポート 100000000 を開く", {}),
        ("最初に設定の画面を開いてください。次に設定の画面を開いてください。",
         {tuple("設定の画面を開いてくださ"): 1, tuple("定の画面を開いてください"): 1,
          tuple("の画面を開いてください。"): 1, tuple("に設定の画面を開いてくだ"): 1}),
        ("افتح الباب افتح الباب", {("افتح", "الباب"): 1}),
        ("افتح الباب ثم أغلق النافذة", {}),
    ],
)  # fmt: skip
def test_repeated_phrases(line: str, phrases: dict[tuple[str, ...], int]) -> None:
    assert dict(repeated_phrases(line)) == phrases


def test_a_translation_may_repeat_what_its_source_repeats() -> None:
    assert is_repetitive("nein nein", "no")
    assert not is_repetitive("nein nein", "no no")
    assert is_repetitive("nein nein nein", "no no")
    assert not is_repetitive("nein", "no")
