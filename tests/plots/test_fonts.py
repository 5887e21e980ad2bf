"""Fallback fonts for characters that the default font lacks."""

from pathlib import Path

import pytest
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.font_manager import FontEntry, findfont, fontManager

from seq2seq.plots.fonts import add_fallback_fonts, fallback_fonts

CIRCLED_A = "\u24b6"  # in STIXGeneral and not in DejaVu Sans, both of which matplotlib ships
UNASSIGNED = "\U000e0fff"


@pytest.fixture
def shipped_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the fonts of this machine: only those that matplotlib ships are installed."""
    data = Path(findfont("STIXGeneral")).parent
    shipped = [entry for entry in fontManager.ttflist if Path(entry.fname).parent == data]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", shipped)


@pytest.mark.usefixtures("shipped_fonts")
def test_a_character_that_the_default_font_has_needs_no_other() -> None:
    assert fallback_fonts(set("Grüße, мир")) == []


@pytest.mark.usefixtures("shipped_fonts")
def test_a_font_that_has_the_character_is_chosen() -> None:
    assert fallback_fonts({"a", CIRCLED_A}) == ["STIXGeneral"]


@pytest.mark.usefixtures("shipped_fonts")
def test_a_character_that_no_font_has_stays_a_box() -> None:
    assert fallback_fonts({UNASSIGNED, "\n"}) == []


def test_damaged_and_missing_font_files_are_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged = tmp_path / "damaged.ttf"
    damaged.write_bytes(b"no font")
    entries = [FontEntry(fname=str(file)) for file in (damaged, tmp_path / "missing.ttf")]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", entries)

    assert fallback_fonts({CIRCLED_A}) == []


@pytest.mark.usefixtures("shipped_fonts")
def test_every_text_of_a_figure_gets_the_fallback_font() -> None:
    figure = Figure()
    axis = figure.subplots()
    axis.set_xticks([0], [CIRCLED_A])

    add_fallback_fonts(figure)

    assert axis.get_xticklabels()[0].get_fontfamily() == ["sans-serif", "STIXGeneral"]


@pytest.mark.usefixtures("shipped_fonts")
def test_a_figure_without_such_characters_stays_as_it_is() -> None:
    figure = Figure()
    axis = figure.subplots()
    axis.set_title("Straße")

    add_fallback_fonts(figure)

    assert axis.title.get_fontfamily() == ["sans-serif"]
