// Beam search with a length penalty (Wu et al. 2016), one sentence after the other.

import { maskSpecialTokens } from "./constraints.js";
import { BOS, EOS } from "./special_tokens.js";

const BEAM_SIZE = 5; // hypotheses alive
const LENGTH_PENALTY = 1; // exponent alpha

// The best hypothesis of each sentence; arguments and results are those of greedySearch.
export async function beamSearch(network, sources, maxLengths, constraints) {
  const found = [];
  for (const [index, source] of sources.entries()) {
    found.push(await bestHypothesis(network, source, maxLengths[index], constraints[index]));
  }
  return found;
}

// A hypothesis is finished when EOS is among the best continuations, or when it has the maximum
// length. The search is done when enough are finished, or none alive can score higher than the best
// of them.
async function bestHypothesis(network, source, maxLength, constraints) {
  let state = await network.encode([source]);
  let alive = [{ tokens: [], total: 0 }];
  let best = { tokens: [], hasEos: false, score: -Infinity };
  let finished = 0;
  for (let length = 0; ; length++) {
    const advanced = await network.step(state, alive.map(({ tokens }) => tokens.at(-1) ?? BOS));
    const rows = advanced.logits;
    rows.forEach((logits, index) => {
      for (const constrain of [maskSpecialTokens, ...constraints]) constrain(logits, alive[index].tokens);
    });
    const candidates = bestContinuations(alive, rows, 2 * BEAM_SIZE);
    const ends = candidates.slice(0, BEAM_SIZE).filter(({ token }) => token === EOS);
    const atLimit = length === maxLength;
    alive.forEach(({ tokens, total }, index) => {
      const end = ends.find(({ parent }) => parent === index);
      if (!end && !atLimit) return;
      finished += 1;
      const score = (end ? end.total : total) / penalty(length + 1);
      if (score > best.score) best = { tokens, hasEos: Boolean(end), score };
    });
    const expanded = candidates.filter(({ token }) => token !== EOS).slice(0, BEAM_SIZE);
    const reachable = (expanded[0]?.total ?? -Infinity) / penalty(maxLength + 1);
    if (atLimit || finished >= BEAM_SIZE || reachable <= best.score) return best;
    state = network.reorder(advanced.state, expanded.map(({ parent }) => parent));
    alive = expanded.map(({ parent, token, total }) => ({ tokens: [...alive[parent].tokens, token], total }));
  }
}

// What a log-probability is divided by, of a hypothesis of a length with its EOS.
function penalty(length) {
  return ((5 + length) / 6) ** LENGTH_PENALTY;
}

// The continuations of hypotheses with the largest total log-probabilities, the largest first.
function bestContinuations(alive, rows, count) {
  const best = [];
  rows.forEach((logits, parent) => {
    const base = alive[parent].total - logSumExp(logits);
    for (let token = 0; token < logits.length; token++) {
      const total = base + logits[token];
      if (total === -Infinity || (best.length === count && total <= best[count - 1].total)) continue;
      const rank = best.findLastIndex((each) => each.total >= total) + 1;
      best.splice(rank, 0, { parent, token, total });
      best.length = Math.min(best.length, count);
    }
  });
  return best;
}

function logSumExp(values) {
  let [largest, sum] = [-Infinity, 0];
  for (const value of values) if (value > largest) largest = value;
  for (const value of values) sum += Math.exp(value - largest);
  return largest + Math.log(sum);
}
