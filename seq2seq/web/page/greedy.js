// Greedy search: the most probable token at each step.

import { maskSpecialTokens } from "./constraints.js";
import { BOS, EOS } from "./special_tokens.js";

// The hypothesis of each sentence: its tokens without EOS, and whether EOS ended it.
//
// `sources` are token ids, `maxLengths` the largest numbers of tokens, and `constraints` lists of
// functions that change the logits at each step, given the tokens so far. A sentence that has ended
// leaves the batch.
export async function greedySearch(network, sources, maxLengths, constraints) {
  const found = sources.map(() => ({ tokens: [], hasEos: false }));
  let active = [...sources.keys()];
  let state = await network.encode(sources);
  for (;;) {
    const advanced = await network.step(state, active.map((index) => found[index].tokens.at(-1) ?? BOS));
    const unfinished = active.map((index, row) => {
      const [logits, { tokens }] = [advanced.logits[row], found[index]];
      for (const constrain of [maskSpecialTokens, ...constraints[index]]) constrain(logits, tokens);
      const token = argmax(logits);
      found[index].hasEos = token === EOS;
      if (token === EOS || tokens.length === maxLengths[index]) return null;
      tokens.push(token);
      return row;
    }).filter((row) => row !== null);
    if (!unfinished.length) return found;
    state = unfinished.length === active.length ? advanced.state : network.select(advanced.state, unfinished);
    active = unfinished.map((row) => active[row]);
  }
}

function argmax(values) {
  let best = 0;
  for (let index = 1; index < values.length; index++) {
    if (values[index] > values[best]) best = index;
  }
  return best;
}
