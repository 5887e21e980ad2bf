// Truecasing of lines in capitals, in Title Case or lower case: words as in training text.

const LETTERS = "[\\p{L}\\p{Nl}\\p{No}]+";
const WORDS = new RegExp(`${LETTERS}(?:['\\u2019]${LETTERS})*`, "gu");
const MIN_CAPITALS = 4; // letters of a line in capitals
const MIN_TITLE_WORDS = 2; // of a line in Title Case

export class Truecaser {
  // Take the text of a file with the most frequent form of each word, one a line.
  constructor(file) {
    this.forms = new Map(file.split("\n").slice(0, -1).map((form) => [form.toLowerCase(), form]));
  }

  // The line as training text would write it, and whether it was in capitals.
  recase(line) {
    const capitals = isCapitals(line);
    let recased = line;
    if (capitals) recased = this.#withForms(line.toLowerCase(), false);
    else if (isTitle(line) || ![...line].some(isUpper)) recased = this.#withForms(line, true);
    // A letter may have no lower case that leads back to it.
    if (capitals && recased.toUpperCase() !== line.toUpperCase()) recased = line;
    return { text: recased, isCapitals: capitals };
  }

  #withForms(line, keepsUnknown) {
    const recased = line.replace(WORDS, (word) => {
      const lower = word.toLowerCase();
      return this.forms.get(lower) ?? (keepsUnknown ? word : lower);
    });
    WORDS.lastIndex = 0;
    const first = WORDS.exec(recased);
    if (!first) return recased;
    const letter = String.fromCodePoint(recased.codePointAt(first.index));
    const rest = recased.slice(first.index + letter.length);
    return recased.slice(0, first.index) + letter.toUpperCase() + rest;
  }
}

function isUpper(character) {
  return /^\p{Uppercase}$/u.test(character);
}

function isCapitals(line) {
  const letters = [...line].filter((each) => each.toUpperCase() !== each.toLowerCase());
  return letters.length >= MIN_CAPITALS && letters.every(isUpper);
}

function isTitle(line) {
  const words = line.match(WORDS) ?? [];
  return words.length >= MIN_TITLE_WORDS && words.every((word) => isUpper([...word][0]));
}
