// Tokenizers: a line to token ids and back, with the same result as SentencePiece.

import { segmentBpe, segmentCharacters, segmentUnigram } from "./segmentation.js";
import { SYMBOLS, UNK } from "./special_tokens.js";
import { decodeUtf8 } from "./utf8.js";

const SPACE = "\u2581"; // stands for a space in pieces
const SEGMENTERS = { unigram: segmentUnigram, bpe: segmentBpe, char: segmentCharacters };
const [NORMAL, USER_DEFINED, BYTE] = [1, 4, 6]; // types of pieces, as in a SentencePiece model
const SPECIAL_COUNT = 4; // tokens before those of a vocabulary of bytes
const encoder = new TextEncoder();

export function openTokenizer(described) {
  return described.kind === "byte" ? new ByteTokenizer() : new PieceTokenizer(described);
}

// A vocabulary of pieces; what is no piece is spelled in bytes.
class PieceTokenizer {
  constructor({ kind, has_dummy_prefix, pieces, scores, types }) {
    this.pieces = pieces;
    this.types = types;
    this.hasDummyPrefix = has_dummy_prefix;
    this.segment = SEGMENTERS[kind];
    this.ids = new Map(pieces.map((piece, id) => [piece, id]));
    this.vocabulary = vocabularyOf(pieces, scores, types);
    const symbols = SYMBOLS.map((symbol) => this.ids.get(symbol));
    this.firstSymbol = symbols.every((id, i) => id === symbols[0] + i) ? symbols[0] : null;
    this.unitTokens = 1; // of a unit of length, at most
  }

  get vocabSize() {
    return this.pieces.length;
  }

  // The length of a text as limits count it.
  length(ids) {
    return ids.length;
  }

  encode(line) {
    const text = escape(line);
    if (!text) return [];
    const spelled = (this.hasDummyPrefix ? SPACE : "") + text.replaceAll(" ", SPACE);
    return this.segment(spelled, this.vocabulary).flatMap((piece) => this.#idsOf(piece));
  }

  #idsOf(piece) {
    if (this.vocabulary.entries.has(piece)) return [this.ids.get(piece)];
    return [...encoder.encode(piece)].map((byte) => this.ids.get(byteName(byte)) ?? UNK);
  }

  decode(ids) {
    let text = "";
    let bytes = [];
    let mayDropSpace = this.hasDummyPrefix;
    const flush = () => {
      text += decodeUtf8(bytes);
      bytes = [];
    };
    for (const id of ids) {
      if (id < SPECIAL_COUNT) continue;
      if (this.types[id] === BYTE) {
        bytes.push(parseInt(this.pieces[id].slice(1, -1), 16));
        continue;
      }
      flush();
      let piece = this.pieces[id];
      if (mayDropSpace && !text && piece.startsWith(SPACE)) {
        piece = piece.slice(1);
        mayDropSpace = false;
      }
      text += piece.replaceAll(SPACE, " ");
    }
    flush();
    return unescape(text);
  }

  // The text of a token by itself, with spaces; of a byte that is no ASCII nothing.
  text(id) {
    if (id < SPECIAL_COUNT) return "";
    if (this.types[id] !== BYTE) return unescape(this.pieces[id].replaceAll(SPACE, " "));
    const byte = parseInt(this.pieces[id].slice(1, -1), 16);
    return byte < 0x80 ? String.fromCharCode(byte) : "";
  }

  beginsWord(id) {
    return this.types[id] !== BYTE && this.text(id).startsWith(" ");
  }
}

// UTF-8 bytes, each a token after the special tokens.
class ByteTokenizer {
  constructor() {
    this.firstSymbol = null; // a byte is no symbol
    this.unitTokens = 4; // bytes of a character in UTF-8, at most
    this.vocabSize = SPECIAL_COUNT + 256;
  }

  length(ids) {
    return ids.filter((id) => ((id - SPECIAL_COUNT) & 0xc0) !== 0x80).length; // begin a character
  }

  encode(line) {
    return [...encoder.encode(line)].map((byte) => byte + SPECIAL_COUNT);
  }

  decode(ids) {
    const bytes = ids.filter((id) => id >= SPECIAL_COUNT).map((id) => id - SPECIAL_COUNT);
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes));
  }

  text(id) {
    const byte = id - SPECIAL_COUNT;
    return byte >= 0 && byte < 0x80 ? String.fromCharCode(byte) : "";
  }

  beginsWord() {
    return false;
  }
}

// What segmentation reads: of each piece its score, and the sizes of the longest ones.
function vocabularyOf(pieces, scores, types) {
  const entries = new Map();
  let [longest, longestSymbol, minScore] = [1, 0, Infinity];
  pieces.forEach((piece, id) => {
    const isSymbol = types[id] === USER_DEFINED;
    if (types[id] !== NORMAL && !isSymbol) return;
    entries.set(piece, { score: scores[id], isSymbol });
    const size = [...piece].length;
    longest = Math.max(longest, size);
    if (isSymbol) longestSymbol = Math.max(longestSymbol, size);
    else minScore = Math.min(minScore, scores[id]);
  });
  return { entries, longest, longestSymbol, minScore };
}

function byteName(byte) {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
}

// The line without characters that SentencePiece treats in its own way: its space, NUL, line breaks.
function escape(line) {
  return line.replaceAll(SPACE, "\ue581").replaceAll("\n", "\ue00a").replaceAll("\0", "");
}

function unescape(text) {
  return text.replaceAll("\ue581", SPACE).replaceAll("\ue00a", "\n");
}
