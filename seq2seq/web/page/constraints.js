// Changes of the logits of the next token before a search selects from them.

import { BOS, EOS, PAD, UNK } from "./special_tokens.js";

const MARKUP = "{}<>|`*_@\\$"; // signs that no language needs

// A constraint that masks PAD, BOS and UNK, and EOS as the first token.
export function maskSpecialTokens(logits, generated) {
  for (const token of [PAD, BOS, UNK]) logits[token] = -Infinity;
  if (!generated.length) logits[EOS] = -Infinity;
}

// A constraint by which a hypothesis has the symbol of each span once, and no other symbol.
//
// The symbols are the tokens from `first` on, `size` of them. `closes` has for each span the index of
// the one that it closes, or -1: its symbol is possible when that was opened last.
export function requireSymbols(first, size, closes, maxLength) {
  return (logits, generated) => {
    const positions = closes.map((_, index) => generated.lastIndexOf(first + index));
    const missing = [...positions.keys()].filter((index) => positions[index] < 0);
    const unclosed = missing.map((index) => positions[closes[index]] ?? -1);
    const lastOpened = Math.max(-1, ...unclosed);
    const possible = new Set(missing.filter((index) => {
      const opened = positions[closes[index]];
      return closes[index] < 0 || (opened >= 0 && opened === lastOpened);
    }).map((index) => first + index));
    for (let token = first; token < first + size; token++) {
      if (!possible.has(token)) logits[token] = -Infinity;
    }
    if (!missing.length) return;
    logits[EOS] = -Infinity;
    if (missing.length < maxLength - generated.length) return;
    // Nothing but them is possible when the rest of the hypothesis must consist of them.
    for (let token = 0; token < logits.length; token++) {
      if (token < first || token >= first + size) logits[token] = -Infinity;
    }
  };
}

// The tokens with signs of markup, and the signs of each.
export function markupTokens(tokenizer) {
  const tokens = [];
  for (let token = 0; token < tokenizer.vocabSize; token++) {
    const signs = markupSigns(tokenizer.text(token));
    if (signs) tokens.push({ token, signs });
  }
  return tokens;
}

// A constraint by which a hypothesis has no sign of markup that its source has not.
export function allowMarkup(tokens, source) {
  const allowed = markupSigns(source);
  const masked = tokens.filter(({ signs }) => signs & ~allowed).map(({ token }) => token);
  return (logits) => {
    for (const token of masked) logits[token] = -Infinity;
  };
}

function markupSigns(text) {
  return [...MARKUP].reduce((signs, sign, bit) => (text.includes(sign) ? signs | (1 << bit) : signs), 0);
}

// A constraint by which no n-gram of tokens occurs twice (Paulus et al. 2018).
export function blockRepeatedNgrams(n) {
  return (logits, generated) => {
    const context = generated.slice(generated.length - n + 1);
    for (let start = 0; start + n <= generated.length; start++) {
      if (context.every((token, i) => token === generated[start + i])) {
        logits[generated[start + n - 1]] = -Infinity;
      }
    }
  };
}

// A constraint by which no token that begins a word follows itself.
export function blockRepeatedWord(tokenizer) {
  return (logits, generated) => {
    const last = generated.at(-1);
    if (last !== undefined && tokenizer.beginsWord(last)) logits[last] = -Infinity;
  };
}
