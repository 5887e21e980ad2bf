// Ids of the special tokens, in every vocabulary, and the symbols that stand for protected spans.

export const [PAD, BOS, EOS, UNK] = [0, 1, 2, 3];
export const MAX_SYMBOLS = 16;
const FIRST_SYMBOL = 0xe5a0; // a character of a private use area
export const SYMBOLS = Array.from({ length: MAX_SYMBOLS }, (_, i) => String.fromCharCode(FIRST_SYMBOL + i));
