// Pairs of an opening and a closing span: tags by their names, markers of Markdown.

export class SpanPairing {
  #tagName;
  #voidElements;

  // Take spans.json.
  constructor({ patterns, void_elements }) {
    this.#tagName = patterns && new RegExp(patterns.tag_name, "u");
    this.#voidElements = void_elements;
  }

  // From the index of an opening span to that of its closing one, well-nested.
  //
  // A closing span takes the nearest opening one of its name; what was opened between the two and
  // not closed stands alone, as does a closing span with nothing to close.
  pair(spans) {
    const pairs = new Map();
    const open = [];
    spans.forEach((span, index) => {
      const role = this.#role(span);
      if (!role) return;
      const opened = role.canClose ? open.findLastIndex((each) => each.key === role.key) : -1;
      if (opened >= 0) {
        pairs.set(open[opened].index, index);
        open.length = opened;
      } else if (role.canOpen) {
        open.push({ index, key: role.key });
      }
    });
    return pairs;
  }

  // The part of a span in a pair, of which the key is equal on both sides; null: it stands alone.
  #role({ kind, text }) {
    if (kind === "tag" && text.startsWith("<")) return this.#tagRole(text);
    if (kind !== "markup") return null;
    if (!/[[\])]$/.test(text)) return { key: text, canOpen: true, canClose: true };
    const isOpening = text === "[" || text === "![";
    return { key: "[]", canOpen: isOpening, canClose: !isOpening };
  }

  #tagRole(text) {
    const name = this.#tagName.exec(text);
    if (!name || name.index || /^<[!?%]/.test(text) || (text.endsWith("/>") && text !== "</>")) return null;
    if (this.#voidElements.includes(name.groups.g2.toLowerCase())) return null;
    const isClosing = Boolean(name.groups.g1);
    return { key: `<${name.groups.g2}>`, canOpen: !isClosing, canClose: isClosing };
  }
}
