"""Lines made in code, of many scripts and with all that a tokenizer may treat in its own way."""

from random import Random

from seq2seq.text.special_tokens import SYMBOLS

SCRIPTS = (
    *("abcdefghijklmnopqrstuvwxyz", "eeeetttaaooinshr", "äöüßéèñçø", "ABCDEFGHIJ", "0123456789"),
    *("абвгдежзи", "αβγδεζς", "اللغةالعربية", "日本語の文章です", "한국어", "हिन्दी", "ไทย"),
)
SIGNS = (
    *(".,;:!?'\"()-", "{}<>|`*_@\\$", "\u201e\u201c\u2019\u2026", "\U0001f600\U0001f44d\u200d"),
    *("\u00ad\u200b\ufeff\u0301", "\u00a0\u202f\u3000\t", "\u2581\ue581\0", "".join(SYMBOLS[:3])),
)


def made_lines(count: int, seed: int = 1) -> list[str]:
    """Return lines of up to twelve words, some of which are empty or have odd spaces."""
    random = Random(seed)
    vocabulary = [_word(random) for _ in range(2000)]
    return [_line(random, vocabulary) for _ in range(count)]


def _word(random: Random) -> str:
    script = SCRIPTS[int(len(SCRIPTS) * random.random() ** 2)]
    word = "".join(random.choices(script, k=random.randint(1, 9)))
    return word.capitalize() if random.random() < 0.2 else word


def _line(random: Random, vocabulary: list[str]) -> str:
    words = []
    for _ in range(random.randint(0, 12)):
        word = vocabulary[int(len(vocabulary) * random.random() ** 3)]
        if random.random() < 0.15:
            word += "".join(random.choices(random.choice(SIGNS), k=random.randint(1, 3)))
        words.append(word)
    return random.choice((" ", " ", " ", "  ")).join(words) + random.choice(("", "", ".", " "))
