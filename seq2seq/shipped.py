"""Where the choices and the recipes that come with the program are."""

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """The folder `name`: inside the package when installed, beside it in a checkout."""
    inside = _HERE / name
    return inside if inside.is_dir() else _HERE.parent / name


CONF_DIR, RECIPES_DIR = shipped("conf"), shipped("recipes")


def cells() -> dict[str, Path]:
    """The files of the recurrent cells, by name."""
    return {path.stem: path for path in sorted((CONF_DIR / "model" / "cell").glob("*.yaml"))}
