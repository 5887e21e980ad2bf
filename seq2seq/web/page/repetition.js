// Detection of translations that repeat themselves, as decoders do when they lose their way.

import { isUnspaced } from "./words.js";

const MAX_PHRASE = 4; // words of a phrase that is repeated at once
const NGRAM = 4; // words that occur twice anywhere
const [SHORTEST_PHRASE, LONGEST_PHRASE] = [3, 12]; // the same in characters, of scripts without spaces

// The number of repetitions in a line: of phrases at once, and of n-grams anywhere.
export function countRepetitions(line) {
  const letters = [...line].filter((each) => /\p{L}/u.test(each));
  const lower = line.toLowerCase();
  if (2 * letters.filter(isUnspaced).length > letters.length) {
    const characters = [...lower].filter((each) => /\S/u.test(each));
    const isCounted = (phrase) => phrase.some(isUnspaced);
    return count(characters, SHORTEST_PHRASE, LONGEST_PHRASE, LONGEST_PHRASE, isCounted);
  }
  return count(lower.split(/\s+/u).filter(Boolean), 1, MAX_PHRASE, NGRAM, () => true);
}

function count(words, shortest, longest, ngram, isCounted) {
  let total = 0;
  for (let size = shortest; size <= longest; size++) {
    for (let start = 0; start + 2 * size <= words.length; start++) {
      const phrase = words.slice(start, start + size);
      const isRepeated = phrase.every((word, i) => word === words[start + size + i]);
      if (isRepeated && isCounted(phrase)) total += 1;
    }
  }
  const found = new Set();
  for (let start = 0; start + ngram <= words.length; start++) {
    const phrase = words.slice(start, start + ngram);
    const key = phrase.join("\n");
    if (found.has(key) && isCounted(phrase)) total += 1;
    found.add(key);
  }
  return total;
}

// Whether a translation repeats more than its source does.
export function isRepetitive(translation, source) {
  const repetitions = countRepetitions(translation);
  return repetitions > 0 && repetitions > countRepetitions(source);
}
