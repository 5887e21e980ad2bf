"""Languages without spaces between words, recognised by their letters."""

import re
from collections.abc import Sequence
from itertools import islice

SAMPLED_LINES = 1000
# Letters of scripts without spaces between words. Japanese comes before Chinese: it has Han too.
SCRIPTS = {
    "ja": re.compile(r"[\u3041-\u3096\u30a1-\u30fa]"),  # kana
    "zh": re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]"),  # Han
    "th": re.compile(r"[\u0e01-\u0e3a\u0e40-\u0e4e]"),
    "lo": re.compile(r"[\u0e81-\u0ebd\u0ec0-\u0ecd]"),
    "my": re.compile(r"[\u1000-\u103f]"),
    "km": re.compile(r"[\u1780-\u17d3]"),
}
KANA_SHARE = 0.1  # of Japanese letters at least; a Chinese text only quotes a word with kana


def unspaced_language(lines: Sequence[str]) -> str | None:
    """Return the language of lines most of whose letters are of a script without spaces, or None.

    Args:
        lines: text, of which the first `SAMPLED_LINES` count.
    """
    text = "".join(islice(lines, SAMPLED_LINES))
    letters = sum(c.isalpha() for c in text)
    counts = {code: len(script.findall(text)) for code, script in SCRIPTS.items()}
    unspaced = sum(counts.values())
    if unspaced * 2 <= letters or not unspaced:
        return None
    if counts["ja"] >= KANA_SHARE * unspaced:
        return "ja"
    return max(counts, key=lambda code: counts[code])
