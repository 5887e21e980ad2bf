// Text in scripts that a vocabulary has no pieces of, such as a Japanese name in an English line: it
// stays as it is, for the network has never seen its letters.

export class ForeignText {
  #expression;
  #letters;
  #hasLatin;

  // Take spans.json.
  constructor({ known_scripts: scripts = [], known_letters: letters = "" }) {
    const known = ["Common", "Inherited", ...scripts].map((name) => `\\p{Script=${name}}`).join("");
    const letter = `(?![${known}])\\p{L}`;
    // Marks and the sign of long vowels; between letters spaces and ideographic punctuation.
    const further = `(?:${letter}|[\\p{M}\\u30fc]|[ \\u3001-\\u301f\\u30fb]+(?=${letter}))*`;
    this.#expression = new RegExp(letter + further, "gu");
    this.#letters = new Set(letters);
    this.#hasLatin = scripts.includes("Latin");
  }

  // The foreign spans of a line, sorted; words with spaces between are one span.
  find(line) {
    if (!this.#letters.size || (this.#hasLatin && /^[\0-\x7f]*$/.test(line))) return [];
    const isKnown = (character) => !/\p{L}/u.test(character) || this.#letters.has(character);
    return [...line.matchAll(this.#expression)].filter(([text]) => ![...text].every(isKnown))
      .map(({ index, 0: text }) => ({ start: index, end: index + text.length, kind: "foreign", text }));
  }
}

// The spans of a line, and those of the foreign ones that overlap none of them.
export function withForeign(spans, foreign) {
  const outside = foreign.filter((each) => !spans.some((span) => span.start < each.end && each.start < span.end));
  return outside.length ? [...spans, ...outside].sort((a, b) => a.start - b.start) : spans;
}
