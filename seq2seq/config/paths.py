"""Folders of the choices and recipes that come with the program."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def shipped_folder(name: str) -> Path:
    """Return the shipped folder `name`: inside the package, or beside it in a checkout."""
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


CONF_DIR, RECIPES_DIR = shipped_folder("conf"), shipped_folder("recipes")


def cell_files() -> dict[str, Path]:
    """Return the files of the recurrent cells, by name."""
    return {path.stem: path for path in sorted((CONF_DIR / "model" / "cell").glob("*.yaml"))}
