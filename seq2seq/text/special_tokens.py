"""Special tokens: ids of padding, begin and end of sequence, and unknown, in every vocabulary."""

PAD, BOS, EOS, UNK = 0, 1, 2, 3
SPECIAL_TOKENS = (PAD, BOS, EOS, UNK)

# Characters of a private use area that stand for protected spans. They are tokens of a vocabulary
# that was trained with them, consecutive ones; see `text.protection`.
MAX_SYMBOLS = 16
SYMBOLS = tuple(chr(0xE5A0 + number) for number in range(MAX_SYMBOLS))
