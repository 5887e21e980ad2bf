"""Binary message catalogues of GNU gettext (.mo).

https://www.gnu.org/software/gettext/manual/html_node/MO-Files.html
"""

import struct

_MAGIC = 0x950412DE
_CONTENT = 8  # the offset of the number of messages and of both tables, after magic and revision


def parse_mo(data: bytes) -> dict[str, str]:
    """Parse the bytes of a .mo file, of either byte order.

    Returns:
        The translations by msgid, without the header, plural and untranslated messages. A msgid
        with a context has it in front, with `po.CONTEXT_SEPARATOR` between them.

    Raises:
        ValueError: the data is no .mo file, is truncated, or is not UTF-8.
    """
    byte_order = next((o for o in "<>" if data[:4] == struct.pack(f"{o}I", _MAGIC)), None)
    if byte_order is None:
        raise ValueError("not a .mo file")
    try:
        count, originals, translations = struct.unpack_from(f"{byte_order}3I", data, _CONTENT)
        messages = {}
        for index in range(count):
            msgid, msgstr = (
                data[start : start + length].decode("utf-8")
                for length, start in (
                    struct.unpack_from(f"{byte_order}2I", data, table + 8 * index)
                    for table in (originals, translations)
                )
            )
            if msgid and msgstr and "\0" not in msgid:  # a NUL separates singular and plural
                messages[msgid] = msgstr
    except struct.error as error:
        raise ValueError(f"a .mo file that is cut off: {error}") from None
    return messages
