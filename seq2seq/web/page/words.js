// Characters of words, in scripts with spaces between words and in those without.

// Thai, Lao, Burmese, Khmer, kana, ideographs and Hangul: a word may begin after any character.
const UNSPACED = new RegExp(
  "[\\u0e00-\\u0eff\\u1000-\\u109f\\u1100-\\u11ff\\u1780-\\u17ff\\u3005-\\u30ff\\u3130-\\u318f" +
  "\\u31f0-\\u9fff\\uac00-\\ud7ff\\uf900-\\ufaff\\uff66-\\uff9f\\u{20000}-\\u{3ffff}]", "u");
const KOREAN = /[\uac00-\ud7ff\u1100-\u11ff]/u; // has blanks
// Punctuation of Chinese and Japanese, which brings its own space.
const WIDE_PUNCTUATION = /[\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]/u;

export function isUnspaced(character) {
  return UNSPACED.test(character);
}

// Whether a character has no blank beside it: kana, ideographs and their punctuation.
export function standsWithoutBlank(character) {
  return !KOREAN.test(character) && (isUnspaced(character) || WIDE_PUNCTUATION.test(character));
}

// Whether no word goes on from the character before `index` to that at it.
export function isWordBoundary(line, index) {
  if (index === 0 || index === line.length) return true;
  const before = [...line.slice(0, index)].at(-1);
  const after = String.fromCodePoint(line.codePointAt(index));
  return ![before, after].every((each) => !isUnspaced(each) && /[\p{L}\p{N}\p{M}_]/u.test(each));
}
