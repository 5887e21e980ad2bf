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
    return this.planners[direction].join(planned, await this.translateUnits(planned.units, search));
  }

  // The translations of units by a search, greedy or beam.
  async translateUnits(units, search) {
    const texts = units.map((unit) => copied(unit.source, unit.protectedLine));
    const rows = [...units.keys()].filter((row) => texts[row] === null);
    if (!rows.length) return texts;
    const decoded = await this.#decode(rows.map((row) => units[row]), search, []);
    for (const [index, row] of rows.entries()) {
      texts[row] = (await this.#retried(units[row], search, decoded[index])).text;
    }
    return texts;
  }

  // The translation of a unit, or a better one: what repeats itself or never ended is decoded again.
  async #retried(unit, search, first) {
    let best = first;
    for (const n of BLOCKED_NGRAMS) {
      if (best.hasEos && !best.isRepetitive) break;
      const blocked = [blockRepeatedNgrams(n), blockRepeatedWord(this.target)];
      const [other] = await this.#decode([unit], search, blocked);
      const [repeats, before] = [failures(other), failures(best)];
      if (repeats[0] < before[0] || (repeats[0] === before[0] && repeats[1] < before[1])) best = other;
    }
    return best;
  }

  async #decode(units, search, constraints) {
    const maxLengths = units.map((unit) => this.#maxLength(unit));
    const all = units.map((unit, index) => [...constraints, ...this.#constraints(unit, maxLengths[index])]);
    const found = await SEARCHES[search](this.network, units.map(({ ids }) => ids), maxLengths, all);
    return found.map(({ tokens, hasEos }, index) => {
      const { source, protectedLine } = units[index];
      const line = this.target.decode(tokens).replace(/[\n\r]/g, " ");
      const text = strip(restore(line, protectedLine));
      return { text, hasEos, isRepetitive: isRepetitive(text, source) };
    });
  }

  // The constraints on hypotheses of a unit; a vocabulary without symbols has none.
  #constraints({ protectedLine: { text, closes } }, maxLength) {
    const { firstSymbol } = this.target;
    if (firstSymbol === null) return [];
    return [requireSymbols(firstSymbol, MAX_SYMBOLS, closes, maxLength), allowMarkup(this.markup, text)];
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
