"""Figures to PNG files."""

import warnings
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from seq2seq.errors import TextError
from seq2seq.plots.fonts import add_fallback_fonts
from seq2seq.storage.placing import temporary_beside


def save_figure(figure: Figure, path: Path) -> None:
    """Write `figure` as PNG to `path`, atomically: on an error an earlier file stays.

    Raises:
        TextError: the file cannot be written: no such folder, no permission, a full disk.
    """
    add_fallback_fonts(figure)
    try:
        with temporary_beside(path) as temporary, warnings.catch_warnings():
            # A translation may be in any script; a character that no font has is drawn as a box.
            warnings.filterwarnings("ignore", message="Glyph")
            FigureCanvasAgg(figure).print_png(str(temporary))
    except OSError as error:
        raise TextError(f"{path} cannot be written: {error.strerror or error}") from error
