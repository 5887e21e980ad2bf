// Search for the spans of a line that stay as they are: the expressions are those of the program.

import { findEmphasis, findLinks } from "./markup.js";
import { isWordBoundary } from "./words.js";

const HIDES_MARKUP = new Set(["custom", "code", "url", "email", "tag", "placeholder", "path"]);

export class SpanFinder {
  #rules;
  #patterns;
  #custom;
  #words = new Map();
  #finders;

  // Take spans.json.
  constructor(rules) {
    this.#rules = rules;
    const compile = (source) => new RegExp(source, "gu");
    this.#patterns = Object.fromEntries(
      Object.entries(rules.patterns ?? {}).map(([name, source]) => [name, compile(source)]));
    this.#custom = (rules.custom ?? []).map(compile);
    if (rules.words?.length) this.#indexWords(rules.words, compile(rules.word_characters));
    const all = (name) => (line) => ranges(line, this.#patterns[name]);
    this.#finders = {
      custom: (line) => this.#custom.flatMap((pattern) => ranges(line, pattern)),
      word: (line) => this.#findWords(line),
      code: (line) => this.#findCode(line),
      url: all("url"),
      email: all("email"),
      tag: all("tag"),
      placeholder: all("placeholder"),
      path: (line) => this.#findPaths(line),
      identifier: (line) => this.#findIdentifiers(line),
      number: all("number"),
      emoji: all("emoji"),
    };
  }

  // The spans of a line, { start, end, kind, text }, sorted; they do not overlap.
  //
  // A user's expressions win. Of the rest a span within a longer one gives way to it; where two
  // overlap otherwise, the first kind wins, then the longer span, then the first.
  find(line) {
    const candidates = this.#candidates(line);
    if (!candidates.length) return [];
    const inner = innerSpans(candidates);
    const priority = new Map(this.#rules.priorities.map((kind, index) => [kind, index]));
    const order = (span) => [inner.has(span) ? 1 : 0, priority.get(span.kind), span.start - span.end, span.start];
    const ordered = candidates.map((span) => ({ span, key: order(span) })).sort((a, b) => compare(a.key, b.key));
    const found = [];
    for (const { span } of ordered) {
      if (found.every((other) => span.end <= other.start || other.end <= span.start)) found.push(span);
    }
    return found.sort((a, b) => a.start - b.start);
  }

  #candidates(line) {
    const candidates = [];
    const add = (kind, found) => {
      for (const [start, end] of found) {
        if (start < end) candidates.push({ start, end, kind, text: line.slice(start, end) });
      }
    };
    for (const kind of this.#rules.kinds) if (kind !== "markup") add(kind, this.#finders[kind](line));
    if (this.#rules.kinds.includes("markup")) {
      const hidden = candidates.filter((span) => HIDES_MARKUP.has(span.kind));
      const text = replaceByLetters(line, hidden);
      add("markup", findEmphasis(text, this.#patterns, this.#rules.max_marker));
      add("markup", findLinks(text, this.#patterns));
    }
    return candidates;
  }

  // Code spans: from a run of backticks to the next of its length. A run behind a letter opens none.
  #findCode(line) {
    const runs = ranges(line, this.#patterns.backticks);
    const found = [];
    for (let index = 0; index < runs.length; index++) {
      const [start, end] = runs[index];
      const closing = runs.findIndex((run, other) => other > index && run[1] - run[0] === end - start);
      if (closing < 0 || (start > 0 && this.#is("inside_word", line[start - 1]))) continue;
      found.push([start, runs[closing][1]]);
      index = closing;
    }
    return found;
  }

  // Paths; a relative one needs a well-known file extension.
  #findPaths(line) {
    const found = ranges(line, this.#patterns.absolute_path);
    for (const [start, end] of ranges(line, this.#patterns.relative_path)) {
      const text = line.slice(start, end).replace(/[.-]+$/, "");
      const dot = text.lastIndexOf(".");
      if (dot > 0 && this.#rules.extensions.includes(text.slice(dot + 1))) found.push([start, start + text.length]);
    }
    return found;
  }

  #findIdentifiers(line) {
    const names = ranges(line, this.#patterns.dotted_name);
    const isIdentifier = ([start, end]) => this.#isIdentifier(line.slice(start, end));
    return [...ranges(line, this.#patterns.identifier_shapes), ...names.filter(isIdentifier)];
  }

  #isIdentifier(name) {
    if (this.#begins("version_name", name)) return false;
    if (name.endsWith("()") || name.includes("::") || name.includes("->")) return true;
    return name.split(".").some((segment) => this.#isCodeLike(segment));
  }

  // Whether a word has an inner underscore or capital, or digits behind letters.
  #isCodeLike(segment) {
    if (this.#is("underscored_word", segment) || this.#begins("hexadecimal_name", segment)) return true;
    if (this.#is("inner_capital", segment) && segment.length >= 4) return !this.#is("gendered_word", segment);
    return this.#begins("numbered_word", segment);
  }

  #is(name, text) {
    return ranges(text, this.#patterns[name]).length > 0;
  }

  #begins(name, text) {
    return ranges(text, this.#patterns[name])[0]?.[0] === 0;
  }

  #indexWords(words, pattern) {
    this.#patterns.atom = pattern;
    for (const word of words.toSorted((a, b) => b.length - a.length || (a < b ? -1 : 1))) {
      const first = word.match(pattern)[0];
      this.#words.set(first, [...(this.#words.get(first) ?? []), word]);
    }
  }

  // Words that are not translated, the longest of those that begin at one place.
  #findWords(line) {
    if (!this.#words.size) return [];
    return ranges(line, this.#patterns.atom).flatMap(([start, end]) => {
      const word = (this.#words.get(line.slice(start, end)) ?? []).find((each) => line.startsWith(each, start)
        && isWordBoundary(line, start) && isWordBoundary(line, start + each.length));
      return word ? [[start, start + word.length]] : [];
    });
  }
}

// Start and end of each match.
export function ranges(line, pattern) {
  return [...line.matchAll(pattern)].map((match) => [match.index, match.index + match[0].length]);
}

// The spans that lie within a longer one, but those of the user's expressions.
function innerSpans(candidates) {
  const inner = new Set();
  let outer = { start: -1, end: -1 };
  for (const span of candidates.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    if (span.kind === "custom") continue;
    if (span.end > outer.end) outer = span;
    else if (span.start !== outer.start || span.end !== outer.end) inner.add(span);
  }
  return inner;
}

function replaceByLetters(line, spans) {
  let text = line;
  for (const { start, end } of spans) text = text.slice(0, start) + "x".repeat(end - start) + text.slice(end);
  return text;
}

function compare(a, b) {
  const index = a.findIndex((value, i) => value !== b[i]);
  return index < 0 ? 0 : a[index] - b[index];
}
