// Protected lines: symbols stand for spans in the text that a network reads and writes.

import { MAX_SYMBOLS, SYMBOLS } from "./special_tokens.js";

const SYMBOL = /[\ue5a0-\ue5af]/g;

// The line with symbols in place of its spans, and what restores them.
//
// `spans` are those of the line, sorted, each with its text in the translation. A symbol that is in
// the line itself is a span too. Of the result symbol i stands for span i, and `closes` has for each
// span the index of the one that it closes, as </b> does, or -1.
export function protect(line, spans, pairing) {
  const all = withSymbols(line, spans);
  const written = all.map((span) => ({ ...span, text: line.slice(span.start, span.end) }));
  const merged = mergeToLimit(line, mergeTagged(line, written, pairing));
  const closes = merged.map(() => -1);
  for (const [opening, closing] of pairing.pair(merged)) closes[closing] = opening;
  let [text, end] = ["", 0];
  merged.forEach((span, number) => {
    text += line.slice(end, span.start) + SYMBOLS[number];
    end = span.end;
  });
  return { text: text + line.slice(end), spans: merged.map((span) => translated(span, spans, line)), closes };
}

// The text with what symbols stand for, in capitals if the line was.
export function restore(text, { spans, isCapitals }) {
  const cased = isCapitals ? text.toUpperCase() : text;
  return cased.replace(SYMBOL, (symbol) => spans[SYMBOLS.indexOf(symbol)]?.text ?? symbol);
}

// The translation of a source without letters outside its spans, or null: it has some.
export function copied(source, { text, spans }) {
  if (!spans.length || /\p{L}/u.test(text.replace(SYMBOL, ""))) return null;
  let [copy, end] = ["", 0];
  for (const span of spans.toSorted((a, b) => a.start - b.start)) {
    copy += source.slice(end, span.start) + span.text;
    end = span.end;
  }
  return copy + source.slice(end);
}

function withSymbols(line, spans) {
  const literal = [...line.matchAll(SYMBOL)]
    .map(({ index, 0: text }) => ({ start: index, end: index + 1, kind: "literal", text }))
    .filter(({ start }) => !spans.some((span) => span.start <= start && start < span.end));
  return [...spans, ...literal].sort((a, b) => a.start - b.start);
}

// Spans in which a pair of tags is one with what it encloses, where that is spans alone.
function mergeTagged(line, spans, pairing) {
  const pairs = pairing.pair(spans);
  const merged = [];
  for (let index = 0; index < spans.length; index++) {
    const last = pairs.get(index) ?? index;
    const gaps = spans.slice(index, last).map((span, i) => line.slice(span.end, spans[index + i + 1].start));
    if (last - index > 1 && !gaps.some((gap) => gap.trim())) {
      merged.push(mergedSpan(line, spans[index].start, spans[last].end));
      index = last;
    } else {
      merged.push(spans[index]);
    }
  }
  return merged;
}

// Spans in which neighbours with the least text between them are one, until there are few enough.
function mergeToLimit(line, spans) {
  const merged = [...spans];
  while (merged.length > MAX_SYMBOLS) {
    const gaps = merged.slice(1).map((span, i) => span.start - merged[i].end);
    const index = gaps.indexOf(Math.min(...gaps));
    merged.splice(index, 2, mergedSpan(line, merged[index].start, merged[index + 1].end));
  }
  return merged;
}

function mergedSpan(line, start, end) {
  return { start, end, kind: "merged", text: line.slice(start, end) };
}

// A span with what it becomes: parts of it have their own translations.
function translated(span, parts, line) {
  let [made, end] = ["", span.start];
  for (const part of parts) {
    if (end <= part.start && part.end <= span.end) {
      made += line.slice(end, part.start) + part.text;
      end = part.end;
    }
  }
  return { ...span, text: made + line.slice(end, span.end) };
}
