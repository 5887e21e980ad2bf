// Translation of lines: units, search, another try for what repeats itself, text.

import { beamSearch } from "./beam.js";
import { allowMarkup, blockRepeatedNgrams, blockRepeatedWord, markupTokens, requireSymbols } from "./constraints.js";
import { ForeignText } from "./foreign.js";
import { greedySearch } from "./greedy.js";
import { strip, textTransforms } from "./normalization.js";
import { NumberFormat } from "./number_format.js";
import { SpanPairing } from "./pairing.js";
import { copied, restore } from "./protection.js";
import { countRepetitions, isRepetitive } from "./repetition.js";
import { SpanFinder } from "./span_finder.js";
import { MAX_SYMBOLS } from "./special_tokens.js";
import { openTokenizer } from "./tokenizer.js";
import { Truecaser } from "./truecase.js";
import { UnitPlanner } from "./units.js";

export const FORMAT = 1; // of model.json
const SEARCHES = { greedy: greedySearch, beam: beamSearch };
const BLOCKED_NGRAMS = [3, 2]; // of tokens, tried in this order

export class Translator {
  // Take what model.json and the files beside it hold, and a network.
  constructor({ settings, source, target, truecase, spans }, network) {
    if (settings.format > FORMAT) throw new Error("the model was exported by a later version of this program");
    this.settings = settings;
    this.network = network;
    this.target = openTokenizer(target);
    this.markup = markupTokens(this.target);
    const parts = {
      settings,
      transform: textTransforms(settings.transforms),
      truecaser: truecase ? new Truecaser(truecase) : null,
      tokenizer: openTokenizer(source),
      finder: new SpanFinder(spans),
      pairing: new SpanPairing(spans),
      foreign: new ForeignText(spans),
    };
    this.planners = settings.directions.map((direction) => {
      const numbers = new NumberFormat({ ...spans, numbers: direction.numbers });
      return new UnitPlanner({ ...parts, numbers }, direction);
    });
  }

  // The units of a line in the direction of this number.
  plan(line, direction = 0) {
    return this.planners[direction].plan(line);
  }

  async translate(line, direction = 0, search = "greedy") {
    const planned = this.plan(line, direction);
    const texts = [];
    for (const unit of planned.units) texts.push(await this.translateUnit(unit, search));
    return this.planners[direction].join(planned, texts);
  }

  // The translation of a unit by a search, greedy or beam; one that repeats itself or never ended is decoded again.
  async translateUnit(unit, search) {
    const copy = copied(unit.source, unit.protectedLine);
    if (copy !== null) return copy;
    let best = await this.#decode(unit, search, []);
    for (const n of BLOCKED_NGRAMS) {
      if (best.hasEos && !best.isRepetitive) break;
      const blocked = [blockRepeatedNgrams(n), blockRepeatedWord(this.target)];
      const other = await this.#decode(unit, search, blocked);
      const [repeats, before] = [failures(other), failures(best)];
      if (repeats[0] < before[0] || (repeats[0] === before[0] && repeats[1] < before[1])) best = other;
    }
    return best.text;
  }

  async #decode(unit, search, constraints) {
    const maxLength = this.#maxLength(unit);
    const { text: source, closes } = unit.protectedLine;
    const all = [...constraints];
    if (this.target.firstSymbol !== null) {
      all.push(requireSymbols(this.target.firstSymbol, MAX_SYMBOLS, closes, maxLength));
      all.push(allowMarkup(this.markup, source));
    }
    const { tokens, hasEos } = await SEARCHES[search](this.network, unit.ids, maxLength, all);
    const line = this.target.decode(tokens).replace(/[\n\r]/g, " ");
    const text = strip(restore(line, unit.protectedLine));
    return { text, hasEos, isRepetitive: isRepetitive(text, unit.source) };
  }

  // The most target tokens of a unit.
  #maxLength(unit) {
    const { max_length_ratio: ratio, max_length_extra: extra } = this.settings;
    const length = Math.trunc(this.target.length(unit.ids) * ratio) + extra;
    return Math.max(length * this.target.unitTokens, unit.protectedLine.spans.length + 1);
  }
}

// How often a translation repeats itself, and whether the maximum length ended it.
function failures({ text, hasEos, isRepetitive: repeats }) {
  return [repeats ? countRepetitions(text) : 0, hasEos ? 0 : 1];
}
