"""Plural categories of languages, cardinal and ordinal.

The facts are those of Unicode CLDR 48, supplemental data `plurals.xml` and `ordinals.xml`, for the
languages that have both; ordinals of `nn` are those of `no`. https://cldr.unicode.org/index/cldr-spec/plural-rules
"""

_CARDINAL = {
    "other": "id ja km ko lo ms my th tpi vi yue zh",
    "one other": (
        "af am as az bal bg bn da de el en et eu fa fi fil fy gl gsw gu hi hu hy ia is ka kk kn "
        "kok ky lij mk ml mn mr nb ne nl nn no or pa ps sc sd sq sv sw ta te tk tl tr ur uz zu"
    ),
    "zero one other": "lv prg",
    "one two other": "he",
    "one few other": "bs hr mo ro sh sr",
    "one many other": "ca es fr it lld pt pt_PT scn vec",
    "one two few other": "dsb gd hsb sl",
    "one few many other": "be cs lt pl ru sk uk",
    "one two few many other": "ga",
    "zero one two few many other": "ar cy",
}


_ORDINAL = {
    "other": (
        "af am ar bg bs cs da de dsb el es et eu fa fi fy gl gsw he hr hsb ia id is ja km kn ko "
        "ky lt lv ml mn my nb nl nn no pa pl prg ps pt ru sd sh sk sl sr sw ta te th tpi tr ur uz "
        "yue zh zu"
    ),
    "one other": "bal fil fr ga hu hy lo mo ms ne ro sv tl vi",
    "few other": "be tk uk",
    "many other": "it kk lij lld sc scn vec",
    "one two few other": "ca en gd kok mr",
    "one few many other": "az",
    "one many other": "ka sq",
    "one two many other": "mk",
    "one two few many other": "as bn gu hi or",
    "zero one two few many other": "cy",
}


# Older and wider codes, to those of the tables.
_ALIASES = {"iw": "he", "in": "id", "ji": "yi", "cmn": "zh", "arb": "ar", "nob": "nb", "nno": "nn"}


def _by_language(table: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """Turn a table of languages per list of categories around."""
    return {
        language: tuple(categories.split())
        for categories, languages in table.items()
        for language in languages.split()
    }


_CARDINAL_BY_LANGUAGE = _by_language(_CARDINAL)


_ORDINAL_BY_LANGUAGE = _by_language(_ORDINAL)


def plural_categories(language: str, is_ordinal: bool = False) -> tuple[str, ...] | None:
    """Return the plural categories of a language, `other` last.

    Args:
        language: a code as `de`, `pt-BR` or `zh_Hant`; without an entry of its own, a region or
            script is passed over.
        is_ordinal: for `selectordinal`, as in 1st, 2nd.

    Returns:
        A subset of zero, one, two, few, many, other in this order; None for a language that is
        not in the table.
    """
    table = _ORDINAL_BY_LANGUAGE if is_ordinal else _CARDINAL_BY_LANGUAGE
    code = language.replace("-", "_")
    base, _, region = code.partition("_")
    base = _ALIASES.get(base.lower(), base.lower())
    return table.get(f"{base}_{region.upper()}", table.get(base))
