// Lines into sentences, and sentences that are too long into clauses, without any loss.

// Borders at which a sentence is cut, the better ones first.
const CLOSING = "[\"'\u201c\u201d\u2019\u00bb)\\]]*";
const CUTS = [
  new RegExp(`[.;:!?\u2026\u061b\u061f\u06d4\u0964]${CLOSING}\\s+|[\u3002\uff01\uff1f\uff1b]+`, "gu"),
  new RegExp(`[,\u060c]${CLOSING}\\s+|\\s[\u2013\u2014-]\\s+|\u2014|[\uff0c\u3001\uff1a]`, "gu"),
  /\s+/gu,
  /./gsu,
];
const TAG = /^<\/?[^<>]*>$/;
const LIST_MARK = /^[^\p{L}\p{N}_]*(?:\p{Nd}{1,3}|\p{L})[.)]\s*$/u; // "1. ", "M. "

// The sentences of a line, each with the blanks behind it, by the rules of the browser. Nothing is
// cut inside spans.
export function splitSentences(line, language, spans) {
  return parts(line, outside(sentenceBorders(line, language, spans), spans), spans);
}

// A sentence in parts that fit: cut behind a semicolon or colon if that is enough, else behind a
// comma or dash, at blanks, and at last between characters; never inside spans.
export function splitClauses(sentence, fits, spans) {
  const cuts = CUTS.map((cut) =>
    outside([...sentence.matchAll(cut)].map((match) => match.index + match[0].length), spans));
  return parts(sentence, pack(sentence, [0, sentence.length], cuts, fits).slice(0, -1), spans);
}

// The positions at which a sentence begins, but the first. Tags are no text: they do not come between
// a mark and the blank behind it, an opening tag goes with the sentence behind it, and a closing tag
// with that before it.
function sentenceBorders(line, language, spans) {
  const tags = spans.filter((span) => TAG.test(line.slice(span.start, span.end)));
  const text = tags.reduceRight((rest, { start, end }) => rest.slice(0, start) + rest.slice(end), line);
  let [number, shift] = [0, 0]; // of tags before the border, and of their characters
  return textBorders(text, language).map((border) => {
    for (; number < tags.length; number++) {
      const { start, end } = tags[number];
      const isClosing = start === border + shift && line.startsWith("</", start);
      if (start >= border + shift && !isClosing) break;
      shift += end - start;
    }
    return border + shift;
  });
}

function textBorders(text, language) {
  let segmenter;
  try {
    segmenter = new Intl.Segmenter(language, { granularity: "sentence" });
  } catch {
    return []; // no such language, or no segmenter
  }
  const segments = [...segmenter.segment(text)];
  return segments.slice(1).filter(({ segment }, index) =>
    /[\p{L}\p{N}]/u.test(segment) && !LIST_MARK.test(segments[index].segment)).map(({ index }) => index);
}

// The ascending borders that are not inside a span.
function outside(borders, spans) {
  return borders.filter((border) => !spans.some((span) => span.start < border && border < span.end));
}

// The ends of parts of the sentence that fit, from `start` to `stop`, cut at the first of `cuts` where
// that is enough.
function pack(sentence, [start, stop], cuts, fits) {
  if (!cuts.length || fits(sentence.slice(start, stop).trim())) return [stop];
  const ends = [...cuts[0].filter((cut) => start < cut && cut < stop), stop];
  const doFit = (begin, end) => end !== undefined && fits(sentence.slice(begin, end).trim());
  const packed = [];
  for (let index = 0; index < ends.length; index++) {
    const begin = packed.at(-1) ?? start;
    if (doFit(begin, ends[index])) {
      while (doFit(begin, ends[index + 1])) index += 1;
      packed.push(ends[index]);
    } else {
      packed.push(...pack(sentence, [begin, ends[index]], cuts.slice(1), fits));
    }
  }
  return packed;
}

// The texts between borders, each with the blanks behind it; blanks at the beginning have an empty
// one. A span begins and ends with text.
function parts(line, borders, spans) {
  let replaced = line;
  for (const { start, end } of spans) {
    replaced = replaced.slice(0, start) + "x".repeat(end - start) + replaced.slice(end);
  }
  const found = [{ text: "", blankAfter: "" }];
  [0, ...borders].forEach((start, index) => {
    const stop = borders[index] ?? line.length;
    const [, before, text] = /^(\s*)(.*?)\s*$/su.exec(replaced.slice(start, stop));
    const begin = start + before.length;
    const end = begin + text.length;
    found.at(-1).blankAfter += line.slice(start, begin);
    if (text) found.push({ text: line.slice(begin, end), blankAfter: line.slice(end, stop) });
    else found.at(-1).blankAfter += line.slice(begin, stop);
  });
  return found[0].blankAfter ? found : found.slice(1);
}
