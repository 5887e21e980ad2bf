"""Figures to PNG files."""

import warnings
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


def save_figure(figure: Figure, path: Path) -> None:
    """Draw into a file beside, and move it into place."""
    aside = path.with_name(f".{path.name}.tmp")
    try:
        with warnings.catch_warnings():
            # What a network says is in any script; a letter that no font has is drawn as a box.
            warnings.filterwarnings("ignore", message="Glyph")
            FigureCanvasAgg(figure).print_png(str(aside))
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
