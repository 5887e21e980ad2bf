// Translations that this browser remembers.

import { byId, element } from "./dom.js";

const KEY = "seq2seq-history";
const MOST = 50;
const PAUSE = 1500; // milliseconds that a translation stands before it is remembered

export function startHistory() {
  const history = { onChoose: () => {}, add };
  let timer = 0;

  function read() {
    try {
      const found = JSON.parse(localStorage.getItem(KEY));
      return Array.isArray(found) ? found.filter((each) => typeof each?.text === "string") : [];
    } catch {
      return [];
    }
  }

  function write(entries) {
    try {
      localStorage.setItem(KEY, JSON.stringify(entries.slice(0, MOST)));
    } catch { /* the browser keeps nothing */ }
    render();
  }

  function add(entry) {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const others = read().filter((each) => each.text !== entry.text || each.target !== entry.target);
      // What was typed on from it is the same text.
      write([entry, ...others.filter((each, index) => index > 0 || !entry.text.startsWith(each.text))]);
    }, PAUSE);
  }

  function render() {
    byId("history").replaceChildren(...read().map((entry) => {
      const button = element("button", { type: "button" },
        element("span", {}, entry.text), element("span", { lang: entry.target }, entry.translation || ""));
      button.addEventListener("click", () => history.onChoose(entry));
      return element("li", {}, button);
    }));
  }

  byId("forget").addEventListener("click", () => write([]));
  render();
  return history;
}
