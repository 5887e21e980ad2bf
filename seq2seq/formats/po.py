"""Text message catalogues of GNU gettext (.po).

https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html
"""

import ast

CONTEXT_SEPARATOR = "\x04"  # between the context and the msgid of a message, as in .mo files


def parse_po(text: str) -> dict[str, str]:
    """Parse the text of a .po file.

    Returns:
        The translations by msgid, without the header, fuzzy, obsolete, plural and untranslated
        messages. A msgid with a context has it in front, with `CONTEXT_SEPARATOR` between them.

    Raises:
        ValueError: a string is not closed.
    """
    messages: dict[str, str] = {}
    entry: dict[str, str] = {}
    field, is_fuzzy = "", False
    for line in [*text.split("\n"), ""]:
        line = line.strip()
        begins_field = line.startswith(("msgid ", "msgctxt ", "#"))
        if not line or (begins_field and "msgstr" in entry):
            _add_message(messages, entry, is_fuzzy)
            entry, field, is_fuzzy = {}, "", False
        if line.startswith("#,") and "fuzzy" in line:
            is_fuzzy = True
        if line.startswith(("msg", '"')):
            name, _, string = line.partition(" ") if line.startswith("msg") else (field, "", line)
            field = name
            entry[field] = entry.get(field, "") + _parse_string(string.strip())
    return messages


def _add_message(messages: dict[str, str], entry: dict[str, str], is_fuzzy: bool) -> None:
    """Add the message of `entry` to `messages`, if it can be used."""
    is_plural = "msgid_plural" in entry
    if entry.get("msgid") and entry.get("msgstr") and not is_fuzzy and not is_plural:
        context = entry["msgctxt"] + CONTEXT_SEPARATOR if "msgctxt" in entry else ""
        messages[context + entry["msgid"]] = entry["msgstr"]


def _parse_string(quoted: str) -> str:
    """Parse a string in double quotes with the escapes of C."""
    try:
        value = ast.literal_eval(quoted)  # the escapes of C that .po files use are Python's too
    except (SyntaxError, ValueError):
        value = None
    if not isinstance(value, str):
        raise ValueError(f"not a string of a .po file: {quoted[:40]}")
    return value
