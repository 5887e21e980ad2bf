// Protected lines: symbols stand for spans in the text that a network reads and writes.

import { MAX_SYMBOLS, SYMBOLS } from "./special_tokens.js";

const SYMBOL = /[\ue5a0-\ue5af]/g;

// The line with symbols, and the texts that they stand for. A symbol that is in the line itself is
// such a text; the page looks for no other spans. Of too many the last ones are one text.
export function protect(line) {
  const places = [...line.matchAll(SYMBOL)].map((match) => [match.index, match.index + 1]);
  const kept = places.slice(0, MAX_SYMBOLS);
  if (places.length > MAX_SYMBOLS) kept[MAX_SYMBOLS - 1][1] = places.at(-1)[1];
  let [text, end] = ["", 0];
  kept.forEach(([start, stop], number) => {
    text += line.slice(end, start) + SYMBOLS[number];
    end = stop;
  });
  return { text: text + line.slice(end), spans: kept.map((span) => line.slice(...span)) };
}

// The text with what symbols stand for, in capitals if the line was.
export function restore(text, { spans, isCapitals }) {
  const cased = isCapitals ? text.toUpperCase() : text;
  return cased.replace(SYMBOL, (symbol) => spans[SYMBOLS.indexOf(symbol)] ?? symbol);
}

// Whether a text has no letter beside its symbols: it needs no translation.
export function isCopied(protectedLine) {
  return protectedLine.spans.length > 0 && !/\p{L}/u.test(protectedLine.text.replace(SYMBOL, ""));
}
