// Units of a line, which are translated one by one, and the translation of the line from theirs.

import { withForeign } from "./foreign.js";
import { protect } from "./protection.js";
import { splitClauses, splitSentences } from "./sentences.js";
import { MAX_SYMBOLS } from "./special_tokens.js";
import { standsWithoutBlank } from "./words.js";

// Blanks around a line that its translation keeps.
const BLANKS = "[ \\t\\u00a0\\u1680\\u2000-\\u200a\\u202f\\u205f\\u3000]*";
const OUTER = new RegExp(`^(${BLANKS})(.*?)(${BLANKS})$`, "su");
const NO_BREAK = /([\p{L}\p{N}_]+)([\u00a0\u202f])(?=\S)/gu;
const UNSEPARATED = new Set(["zh", "cmn", "yue", "wuu", "nan", "lzh", "ja"]); // no blank between sentences

export class UnitPlanner {
  // Plan for a model: `transform`, `truecaser` and `tokenizer` of its source, `finder`, `pairing` and
  // `numbers` of its spans, `foreign` of text in other scripts, and `settings` of model.json.
  constructor(parts, direction) {
    Object.assign(this, parts, { direction });
    this.hasSymbols = this.tokenizer.firstSymbol !== null;
  }

  // The units of a line with the blanks before them; none if it is blank.
  plan(line) {
    const part = this.#core(line);
    const whole = this.#unit(part);
    if (!whole.ids.length) return { blankBefore: "", units: [] };
    if (!this.#maySplit(whole.ids)) return { blankBefore: part.before, units: [whole] };
    const sentences = located(splitSentences(part.text, this.direction.source, part.spans), part);
    const blanks = sentences[0].text ? "" : sentences.shift().blankAfter;
    const units = sentences.flatMap((sentence) => this.#cut(sentence));
    return { blankBefore: part.before + blanks, units };
  }

  // The text of a line with its spans, and what is before and after it: blanks, and emoji.
  #core(line) {
    const [, before, core, after] = OUTER.exec(line);
    const spans = this.#spans(core);
    let [start, end, first, last] = [0, core.length, 0, spans.length];
    for (; first < last && spans[last - 1].kind === "emoji" && spans[last - 1].end === end; last--) {
      end = core.slice(0, spans[last - 1].start).replace(/ +$/, "").length;
    }
    for (; first < last && spans[first].kind === "emoji" && spans[first].start === start; first++) {
      start = end - core.slice(spans[first].end, end).replace(/^ +/, "").length;
    }
    if (start >= end) return { before, text: core, blankAfter: after, spans };
    const text = core.slice(start, end);
    const inside = shifted(spans.slice(first, last), start, text);
    return { before: before + core.slice(0, start), text, blankAfter: core.slice(end) + after, spans: inside };
  }

  // The spans of a text, each with its text in the translation.
  #spans(text) {
    if (!this.hasSymbols) return [];
    const spans = this.finder.find(text).map((span) => ({ ...span, text: this.numbers.localized(span, text) }));
    return withForeign(spans, this.foreign.find(text));
  }

  #maySplit(ids) {
    return ids.length > this.settings.typical_length || this.#isLong(ids);
  }

  #isLong(ids) {
    return this.tokenizer.length(ids) > this.settings.max_source_length;
  }

  // The units of a sentence: one, or several if it is too long.
  #cut(sentence) {
    const unit = this.#unit(sentence);
    const isShort = (each, spans) => !this.#isLong(each.ids) && spans.length <= MAX_SYMBOLS;
    if (isShort(unit, sentence.spans)) return [unit];
    const fits = (text) => {
      const spans = this.#spans(text);
      return isShort(this.#unit({ text, blankAfter: "", spans }), spans);
    };
    const clauses = located(splitClauses(sentence.text, fits, sentence.spans), sentence);
    return clauses.map((clause) => this.#unit(clause));
  }

  #unit({ text: source, blankAfter, spans }) {
    const masked = this.hasSymbols
      ? protect(source, spans, this.pairing) : { text: source, spans: [], closes: [] };
    const text = this.transform(masked.text);
    const cased = this.truecaser ? this.truecaser.recase(text) : { text, isCapitals: false };
    const ids = this.tokenizer.encode(cased.text);
    const tagged = ids.length ? [...this.direction.tags, ...ids] : ids;
    return { source, blankAfter, protectedLine: { ...masked, ...cased }, ids: tagged };
  }

  // The translation of a line from those of its units.
  join({ blankBefore, units }, translations) {
    const texts = translations.map((text, index) => keepNoBreakSpaces(units[index].source, text));
    const blanks = this.#blanks(units, texts);
    return blankBefore + texts.map((text, index) => text + blanks[index]).join("");
  }

  // The blanks between translations: those of the line, but for Chinese and Japanese.
  #blanks(units, texts) {
    const blanks = units.map((unit) => unit.blankAfter);
    const [from, to] = [this.direction.source, this.direction.target].map(
      (code) => UNSEPARATED.has(code.split(/[-_]/)[0].toLowerCase()));
    if (from === to) return blanks;
    return blanks.map((blank, index) => {
      const [before, after] = [texts[index], texts[index + 1]];
      if (!before || !after) return blank;
      if (from) return blank || " ";
      const isWide = standsWithoutBlank([...before].at(-1)) && standsWithoutBlank([...after][0]);
      return blank === " " && isWide ? "" : blank;
    });
  }
}

// The translation with a no-break space behind each word that has one in the source.
function keepNoBreakSpaces(source, translation) {
  let text = translation;
  for (const [, word, space] of source.matchAll(NO_BREAK)) {
    text = text.replace(`${word} `, () => `${word}${space}`);
  }
  return text;
}

// Parts of a line with their spans; the last one has the blanks behind the line too.
function located(parts, { spans, blankAfter }) {
  let start = 0;
  const found = parts.map((part) => {
    const made = { ...part, spans: shifted(spans, start, part.text) };
    start += part.text.length + part.blankAfter.length;
    return made;
  });
  found.at(-1).blankAfter += blankAfter;
  return found;
}

// The spans inside of a text that begins at `start`, relative to that.
function shifted(spans, start, text) {
  return spans.filter((span) => start <= span.start && span.end <= start + text.length)
    .map((span) => ({ ...span, start: span.start - start, end: span.end - start }));
}
