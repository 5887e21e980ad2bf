"""Language codes, and facts about languages that codes tell."""

CHINESE = frozenset({"zh", "cmn", "yue", "wuu", "nan", "lzh"})
UNSEPARATED = CHINESE | {"ja"}  # no blank between sentences


def base_language(language: str) -> str:
    """Return a code without script and country: `zh` of zh-Hans, zh_TW and the like."""
    return language.replace("_", "-").split("-")[0].lower()


def blank_between(language: str) -> str:
    """Return the separator of two sentences of a line."""
    return "" if base_language(language) in UNSEPARATED else " "
