"""Special tokens: ids of padding, begin and end of sequence, and unknown, in every vocabulary."""

PAD, BOS, EOS, UNK = 0, 1, 2, 3
SPECIAL_TOKENS = (PAD, BOS, EOS, UNK)

# Characters of a private use area that stand for protected spans. A vocabulary that was trained
# with them has them as tokens with consecutive ids; see `seq2seq.text.protection`.
MAX_SYMBOLS = 16
SYMBOLS = tuple(chr(0xE5A0 + number) for number in range(MAX_SYMBOLS))
