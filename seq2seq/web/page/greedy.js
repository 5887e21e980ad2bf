// Greedy search: the most probable token at each step.

import { maskSpecialTokens } from "./constraints.js";
import { BOS, EOS } from "./special_tokens.js";

// The hypothesis of one sentence: its tokens without EOS, and whether EOS ended it.
//
// `constraints` change the logits at each step, given the tokens so far; `maxLength` is the largest
// number of tokens.
export async function greedySearch(network, source, maxLength, constraints) {
  let state = await network.encode(source);
  const tokens = [];
  for (let last = BOS; ; last = tokens.at(-1)) {
    const advanced = await network.step(state, [last]);
    const [logits] = advanced.logits;
    state = advanced.state;
    for (const constrain of [maskSpecialTokens, ...constraints]) constrain(logits, tokens);
    const token = argmax(logits);
    if (token === EOS) return { tokens, hasEos: true };
    if (tokens.length === maxLength) return { tokens, hasEos: false };
    tokens.push(token);
  }
}

function argmax(values) {
  let best = 0;
  for (let index = 1; index < values.length; index++) {
    if (values[index] > values[best]) best = index;
  }
  return best;
}
