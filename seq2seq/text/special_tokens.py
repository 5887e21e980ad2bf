"""The ids of padding, begin of sequence, end of sequence and unknown, in every vocabulary."""

PAD, BOS, EOS, UNK = 0, 1, 2, 3


SPECIAL_TOKENS = (PAD, BOS, EOS, UNK)
