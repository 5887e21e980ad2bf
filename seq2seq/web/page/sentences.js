// Lines into sentences, and sentences that are too long into clauses, without any loss.

// Borders at which a sentence is cut, the better ones first.
const CLOSING = "[\"'\u201c\u201d\u2019\u00bb)\\]]*";
const CUTS = [
  new RegExp(`[.;:!?\u2026\u061b\u061f\u06d4\u0964]${CLOSING}\\s+|[\u3002\uff01\uff1f\uff1b]+`, "gu"),
  new RegExp(`[,\u060c]${CLOSING}\\s+|\\s[\u2013\u2014-]\\s+|\u2014|[\uff0c\u3001\uff1a]`, "gu"),
  /\s+/gu,
  /./gsu,
];
const LIST_MARK = /^[^\p{L}\p{N}_]*(?:\p{Nd}{1,3}|\p{L})[.)]\s*$/u; // "1. ", "M. "

// The sentences of a line, each with the blanks behind it, by the rules of the browser.
export function splitSentences(line, language) {
  const borders = [];
  let segmenter;
  try {
    segmenter = new Intl.Segmenter(language, { granularity: "sentence" });
  } catch {
    return parts(line, borders); // no such language, or no segmenter
  }
  const segments = [...segmenter.segment(line)];
  for (let index = 1; index < segments.length; index++) {
    const [before, after] = [segments[index - 1].segment, segments[index].segment];
    if (/[\p{L}\p{N}]/u.test(after) && !LIST_MARK.test(before)) borders.push(segments[index].index);
  }
  return parts(line, borders);
}

// A sentence in parts that fit: cut behind a semicolon or colon if that is enough, else behind a
// comma or dash, at blanks, and at last between characters.
export function splitClauses(sentence, fits) {
  return parts(sentence, pack(sentence, 0, sentence.length, 0, fits).slice(0, -1));
}

// The ends of parts of the sentence from `start` to `stop` that fit.
function pack(sentence, start, stop, level, fits) {
  if (level === CUTS.length || fits(sentence.slice(start, stop).trim())) return [stop];
  const cuts = [...sentence.slice(start, stop).matchAll(CUTS[level])].map((cut) => start + cut.index + cut[0].length);
  const ends = [...cuts.filter((cut) => cut < stop), stop];
  const packed = [];
  for (let index = 0; index < ends.length;) {
    const begin = packed.at(-1) ?? start;
    let last = index;
    if (fits(sentence.slice(begin, ends[index]).trim())) {
      while (last + 1 < ends.length && fits(sentence.slice(begin, ends[last + 1]).trim())) last += 1;
      packed.push(ends[last]);
    } else {
      packed.push(...pack(sentence, begin, ends[index], level + 1, fits));
    }
    index = last + 1;
  }
  return packed;
}

// The texts between borders, each with the blanks behind it; blanks at the beginning have an empty one.
function parts(line, borders) {
  const found = [{ text: "", blankAfter: "" }];
  [0, ...borders].forEach((start, index) => {
    const [, before, text, after] = /^(\s*)(.*?)(\s*)$/su.exec(line.slice(start, borders[index] ?? line.length));
    found.at(-1).blankAfter += before;
    if (text) found.push({ text, blankAfter: after });
    else found.at(-1).blankAfter += after;
  });
  return found[0].blankAfter ? found : found.slice(1);
}
