// Units of a line, which are translated one by one, and the translation of the line from theirs.

import { protect } from "./protection.js";
import { splitClauses, splitSentences } from "./sentences.js";

// Blanks around a line that its translation keeps.
const OUTER = /^([ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]*)(.*?)([ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]*)$/su;
const NO_BREAK = /([\p{L}\p{N}_]+)([\u00a0\u202f])(?=\S)/gu;
const UNSEPARATED = new Set(["zh", "cmn", "yue", "wuu", "nan", "lzh", "ja"]); // no blank between sentences
const WIDE = new RegExp(
  "[\\u3005-\\u30ff\\u31f0-\\u9fff\\uf900-\\ufaff\\uff66-\\uff9f\\u{20000}-\\u{3ffff}" +
  "\\u3000-\\u303f\\uff01-\\uff0f\\uff1a-\\uff20\\uff3b-\\uff40\\uff5b-\\uff65]", "u");

export class UnitPlanner {
  // Plan for a model: `transform`, `truecaser` and `tokenizer` of its source, `settings` of model.json.
  constructor({ transform, truecaser, tokenizer, settings }, direction) {
    Object.assign(this, { transform, truecaser, tokenizer, settings, direction });
  }

  // The units of a line with the blanks before them; none if it is blank.
  plan(line) {
    const [, before, core, after] = OUTER.exec(line);
    const whole = this.#unit(core, after);
    if (!whole.ids.length) return { blankBefore: "", units: [] };
    if (!this.#maySplit(whole.ids)) return { blankBefore: before, units: [whole] };
    const sentences = splitSentences(core, this.direction.source);
    const units = sentences.flatMap(({ text, blankAfter }) => this.#cut(text, blankAfter));
    units.at(-1).blankAfter += after;
    return { blankBefore: before, units };
  }

  #maySplit(ids) {
    return ids.length > this.settings.typical_length || this.#isLong(ids);
  }

  #isLong(ids) {
    return this.tokenizer.length(ids) > this.settings.max_source_length;
  }

  // The units of a sentence: one, or several if it is too long.
  #cut(text, blankAfter) {
    const unit = this.#unit(text, blankAfter);
    if (!this.#isLong(unit.ids)) return [unit];
    const fits = (part) => !this.#isLong(this.#unit(part, "").ids);
    const clauses = splitClauses(text, fits).map((part) => this.#unit(part.text, part.blankAfter));
    clauses.at(-1).blankAfter += blankAfter;
    return clauses;
  }

  #unit(source, blankAfter) {
    const hasSymbols = this.tokenizer.firstSymbol !== null;
    const masked = hasSymbols ? protect(source) : { text: source, spans: [] };
    const text = this.transform(masked.text);
    const cased = this.truecaser ? this.truecaser.recase(text) : { text, isCapitals: false };
    const ids = this.tokenizer.encode(cased.text);
    const tagged = ids.length ? [...this.direction.tags, ...ids] : ids;
    return { source, blankAfter, protectedLine: { spans: masked.spans, ...cased }, ids: tagged };
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
      const isWide = WIDE.test([...before].at(-1)) && WIDE.test([...after][0]);
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
