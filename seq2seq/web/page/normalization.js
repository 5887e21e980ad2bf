// Text transforms of a run, which are applied to a line before it is tokenised.

// Spaces and line breaks of every kind become a plain space.
const SPACE = /[\t\n\v\f\r\x1c-\x1f \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/gu;
// Control and format characters that nobody sees; the joiners U+200C and U+200D stay.
const INVISIBLE = new RegExp(
  "[\\x00-\\x08\\x0e-\\x1b\\x7f-\\x84\\x86-\\x9f\\xad\\u061c\\u180e\\u200b\\u200e\\u200f\\u202a-\\u202e" +
  "\\u2060-\\u2064\\u2066-\\u206f\\ufeff\\ufff9-\\ufffb\\ud800-\\udfff]+", "gu");
const STRAIGHT = { "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'",
  "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u201f": '"' };

// The line in NFC, with single spaces and nothing invisible.
export function normalize(line) {
  const visible = line.normalize("NFC").replace(INVISIBLE, "");
  // Removing a character may bring together two characters that compose.
  return strip(visible.normalize("NFC").replace(SPACE, " "));
}

// The text without plain spaces at its ends.
export function strip(text) {
  return text.replace(/^ +| +$/g, "");
}

const TRANSFORMS = {
  lowercase: (line) => line.toLowerCase(),
  nfkc: (line) => line.normalize("NFKC"),
  normalize,
  straight_quotes: (line) => line.replace(/[\u2018-\u201f]/g, (quote) => STRAIGHT[quote]),
};

// A function that applies the transforms of these names, the first of them first.
export function textTransforms(names) {
  const unknown = names.find((name) => !Object.hasOwn(TRANSFORMS, name));
  if (unknown !== undefined) throw new Error(`this page has no text transform ${unknown}`);
  return (line) => names.reduce((text, name) => TRANSFORMS[name](text), line);
}
