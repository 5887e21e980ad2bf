// Segmentation of text into pieces, as SentencePiece 0.2 does it.

const UNKNOWN_PENALTY = 10; // below the least score, of a character that is no piece
const SYMBOL_SCORE = -0.1; // of a user-defined symbol, so that it is chosen always

// Pieces with the best sum of scores: Viterbi search (Kudo 2018). Sums are rounded to fp32 as in
// SentencePiece, since the last bit decides between segmentations that are as good.
export function segmentUnigram(text, vocabulary) {
  const characters = [...text];
  const count = characters.length;
  const offsets = offsetsOf(characters);
  const unknown = Math.fround(vocabulary.minScore - UNKNOWN_PENALTY);
  const best = new Float32Array(count + 1);
  const starts = new Int32Array(count + 1).fill(-1);
  const reach = (start, end, score) => {
    const sum = Math.fround(best[start] + score);
    if (starts[end] >= 0 && sum <= best[end]) return;
    best[end] = sum;
    starts[end] = start;
  };
  for (let start = 0; start < count; start++) {
    let isPiece = false; // the character by itself
    const last = Math.min(count, start + vocabulary.longest);
    for (let end = start + 1; end <= last; end++) {
      const entry = vocabulary.entries.get(text.slice(offsets[start], offsets[end]));
      if (!entry) continue;
      reach(start, end, entry.isSymbol ? SYMBOL_SCORE : entry.score);
      isPiece ||= end === start + 1;
    }
    if (!isPiece) reach(start, start + 1, unknown);
  }
  const pieces = [];
  for (let end = count; end > 0; end = starts[end]) {
    pieces.push(text.slice(offsets[starts[end]], offsets[end]));
  }
  return pieces.reverse();
}

// Pieces by merging neighbours, the best merge first, of equal ones the first (Sennrich et al. 2016).
export function segmentBpe(text, vocabulary) {
  const symbols = segmentCharacters(text, vocabulary).map((piece, index, all) => ({
    piece, previous: index - 1, next: index + 1 < all.length ? index + 1 : -1,
    isFixed: Boolean(vocabulary.entries.get(piece)?.isSymbol),
  }));
  const merges = new Heap((a, b) => a.score > b.score || (a.score === b.score && a.left < b.left));
  const offer = (left, right) => {
    if (left < 0 || right < 0 || symbols[left].isFixed || symbols[right].isFixed) return;
    const piece = symbols[left].piece + symbols[right].piece;
    const entry = vocabulary.entries.get(piece);
    if (entry) merges.push({ left, right, piece, score: entry.score });
  };
  symbols.forEach((symbol, index) => offer(symbol.previous, index));
  for (let merge = merges.pop(); merge; merge = merges.pop()) {
    const [left, right] = [symbols[merge.left], symbols[merge.right]];
    // One of them may have been merged with another meanwhile.
    if (!left.piece || !right.piece || left.piece + right.piece !== merge.piece) continue;
    left.piece = merge.piece;
    right.piece = "";
    left.next = right.next;
    if (left.next >= 0) symbols[left.next].previous = merge.left;
    offer(left.previous, merge.left);
    offer(merge.left, left.next);
  }
  return symbols.map((symbol) => symbol.piece).filter(Boolean);
}

// Characters, and user-defined symbols, the longest that begins at a character.
export function segmentCharacters(text, vocabulary) {
  const characters = [...text];
  const pieces = [];
  for (let start = 0; start < characters.length;) {
    let size = 1;
    for (let longer = 1; longer <= vocabulary.longestSymbol; longer++) {
      const piece = characters.slice(start, start + longer).join("");
      if (vocabulary.entries.get(piece)?.isSymbol) size = longer;
    }
    pieces.push(characters.slice(start, start + size).join(""));
    start += size;
  }
  return pieces;
}

function offsetsOf(characters) {
  const offsets = [0];
  for (const character of characters) offsets.push(offsets.at(-1) + character.length);
  return offsets;
}

// A priority queue.
class Heap {
  #items = [];
  #isBefore;

  constructor(isBefore) {
    this.#isBefore = isBefore;
  }

  push(item) {
    const items = this.#items;
    let index = items.push(item) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#isBefore(items[index], items[parent])) break;
      [items[index], items[parent]] = [items[parent], items[index]];
      index = parent;
    }
  }

  // The first item, which is removed; undefined if there is none.
  pop() {
    const items = this.#items;
    const last = items.pop();
    if (!items.length) return last;
    const first = items[0];
    items[0] = last;
    for (let index = 0; ;) {
      const children = [2 * index + 1, 2 * index + 2].filter((child) => child < items.length);
      const child = children.reduce((a, b) => (this.#isBefore(items[b], items[a]) ? b : a), children[0]);
      if (child === undefined || !this.#isBefore(items[child], items[index])) return first;
      [items[index], items[child]] = [items[child], items[index]];
      index = child;
    }
  }
}
