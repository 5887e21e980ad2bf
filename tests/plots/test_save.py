"""Figures as files."""

from pathlib import Path

import pytest
from matplotlib.figure import Figure

from seq2seq.errors import TextError
from seq2seq.plots.save import save_figure
from tests.plots.png import png_size


def test_a_figure_is_written_as_png_of_its_size(tmp_path: Path) -> None:
    save_figure(Figure(figsize=(3, 2)), tmp_path / "figure.png")

    assert png_size(tmp_path / "figure.png") == (300, 200)  # inches of 100 dots
    assert [path.name for path in tmp_path.iterdir()] == ["figure.png"]


def test_text_in_any_script_is_written_without_a_warning(tmp_path: Path) -> None:
    figure = Figure()
    figure.suptitle("二つの円 \U000e0fff")  # pytest turns warnings into errors

    save_figure(figure, tmp_path / "figure.png")

    assert png_size(tmp_path / "figure.png") == (640, 480)


def test_a_figure_in_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TextError, match=r"figure\.png cannot be written"):
        save_figure(Figure(), tmp_path / "missing" / "figure.png")
