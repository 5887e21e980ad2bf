// The form of decimal and grouped numbers of a target text: 3,5 for 3.5, 1.000 for 1,000.

export class NumberFormat {
  #rules;
  #pattern;
  #address;
  #wordBefore;

  // Take spans.json.
  constructor(rules) {
    this.#rules = rules;
    const { decimal, group } = rules.numbers ?? {};
    if (![decimal, group].some((signs) => signs && signs[0] !== signs[1])) return;
    const grouped = group?.[0] ? `[1-9][0-9]{0,2}(?:${escaped(group[0])}[0-9]{3})+|` : "";
    const fraction = decimal?.[0] ? `(?:${escaped(decimal[0])}(?<fraction>[0-9]+))?` : "";
    this.#pattern = new RegExp(`^(?<whole>${grouped}[0-9]+)${fraction}$`, "u");
    this.#address = new RegExp(`^(?:${rules.patterns.ip_address})$`, "u");
    this.#wordBefore = new RegExp(rules.patterns.word_before_version, "u");
  }

  // The text of a span of the line in the target: its own, if it is no number of another form.
  localized(span, line) {
    const match = span.kind === "number" && this.#pattern?.exec(span.text);
    if (!match || this.#address.test(span.text)) return span.text;
    const { decimal = ["", ""], group = ["", ""] } = this.#rules.numbers;
    const { whole, fraction } = match.groups;
    const isPlain = /^[0-9]+$/.test(whole);
    if (fraction !== undefined && isPlain && decimal[0] === "." && this.#isVersion(span, line)) return span.text;
    const written = isPlain ? whole : whole.replaceAll(group[0], group[1]);
    return fraction === undefined ? written : written + decimal[1] + fraction;
  }

  // Whether a number of the form 1.2 is a version, by the word before it.
  #isVersion(span, line) {
    const match = this.#wordBefore.exec(line.slice(0, span.start));
    if (!match) return false;
    const word = match.groups.g1;
    if (this.#rules.version_words.includes(word.toLowerCase())) return true;
    const isCapitals = line === line.toUpperCase() && line !== line.toLowerCase();
    return word !== word.toLowerCase() && match.index > 0 && !isCapitals;
  }
}

function escaped(sign) {
  return `\\u{${sign.codePointAt(0).toString(16)}}`;
}
