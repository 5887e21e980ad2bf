"""Catalogues of GNU gettext: .po text and .mo binary files.

https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html and MO-Files.html
"""

import ast

CONTEXT_SEPARATOR = "\x04"  # between the context of a message and the message, as .mo files have it


def parse_po(text: str) -> dict[str, str]:
    """The messages of a .po file by msgid; fuzzy, obsolete, plural and untranslated ones left out.

    Raises:
        ValueError: a string is not closed.
    """
    found: dict[str, str] = {}
    entry: dict[str, str] = {}
    field, fuzzy = "", False
    for line in [*text.split("\n"), ""]:
        line = line.strip()
        starts = line.startswith(("msgid ", "msgctxt ", "#", '"'))
        if not line or (starts and not line.startswith('"') and "msgstr" in entry):
            _close(found, entry, fuzzy)
            if line.startswith(("msgid ", "msgctxt ", "#")) or not line:
                entry, field, fuzzy = {}, "", False
        if line.startswith("#,") and "fuzzy" in line:
            fuzzy = True
        if line.startswith(("msg", '"')):
            name, _, rest = line.partition(" ") if line.startswith("msg") else (field, "", line)
            field = name
            entry[field] = entry.get(field, "") + _string(rest.strip())
    return found


def _close(found: dict[str, str], entry: dict[str, str], fuzzy: bool) -> None:
    if entry.get("msgid") and entry.get("msgstr") and not fuzzy and "msgid_plural" not in entry:
        context = entry["msgctxt"] + CONTEXT_SEPARATOR if "msgctxt" in entry else ""
        found[context + entry["msgid"]] = entry["msgstr"]


def _string(quoted: str) -> str:
    try:
        value = ast.literal_eval(quoted)  # the escapes of C that .po files use are Python's too
    except (SyntaxError, ValueError):
        value = None
    if not isinstance(value, str):
        raise ValueError(f"not a string of a .po file: {quoted[:40]}")
    return value
