"""Binary message catalogues of GNU gettext (.mo)."""

import struct

_MAGIC = 0x950412DE


def parse_mo(data: bytes) -> dict[str, str]:
    """The messages of a .mo file by msgid; plural ones and the header left out.

    Raises:
        ValueError: it is no such file, or is cut off.
    """
    order = next((o for o in "<>" if data[:4] == struct.pack(f"{o}I", _MAGIC)), None)
    if order is None:
        raise ValueError("not a .mo file")
    try:
        count, originals, translations = struct.unpack_from(f"{order}3I", data, 8)
        found = {}
        for index in range(count):
            key, text = (
                data[start : start + length].decode("utf-8")
                for length, start in (
                    struct.unpack_from(f"{order}2I", data, table + 8 * index)
                    for table in (originals, translations)
                )
            )
            if key and text and "\0" not in key:
                found[key] = text
    except struct.error as error:
        raise ValueError(f"a .mo file that is cut off: {error}") from None
    return found
