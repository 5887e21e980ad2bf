"""Fonts for text in any script."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from matplotlib import rcParams
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, fontManager
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

# Fonts that draw a box for every character.
_PLACEHOLDER_FONTS = ("Last Resort", "Adobe Blank")


def add_fallback_fonts(figure: Figure) -> None:
    """Add fonts to the texts of `figure` for the characters that the default font lacks.

    Characters that no installed font has stay boxes.
    """
    texts = [text for text in figure.findobj(Text) if isinstance(text, Text)]
    characters = set("".join(text.get_text() for text in texts))
    if names := fallback_fonts(characters):
        for text in texts:
            text.set_fontfamily([*rcParams["font.family"], *names])


def fallback_fonts(characters: set[str]) -> Sequence[str]:
    """Return names of installed fonts with the `characters` that the default font lacks.

    The fonts are chosen greedily, in alphabetical order; regular styles come first.
    """
    default = findfont(FontProperties())
    missing = {ord(character) for character in characters if character.isprintable()}
    missing -= _code_points(default)
    names = []
    entries = sorted(
        fontManager.ttflist, key=lambda e: (e.style != "normal", str(e.weight) != "400", e.name)
    )
    for entry in entries:
        if not missing:
            break
        if entry.name.startswith(_PLACEHOLDER_FONTS) or not Path(entry.fname).is_file():
            continue
        if covered := missing & _code_points(entry.fname):
            names.append(entry.name)
            missing -= covered
    return names


def _code_points(file: str) -> set[int]:
    """Return the Unicode code points that a font file has glyphs for."""
    with suppress(OSError, RuntimeError):  # a damaged file, or one without Unicode characters
        return set(FT2Font(file).get_charmap())
    return set()
