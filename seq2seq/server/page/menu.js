// The list of words that may stand in place of another.

import { byId, element } from "./dom.js";

let opener = null;

export function openMenu(button, words, onChoose) {
  const menu = byId("menu");
  opener = button;
  const options = [...words].map(([word, rest], index) => {
    const after = rest.slice(word.length);
    const short = after.length > 40 ? `${after.slice(0, 40)}…` : after;
    const option = element("li", { role: "option", id: `word-${index}`, "aria-selected": "false" },
      element("b", {}, word), short);
    option.addEventListener("click", () => { close(); onChoose(word); });
    return option;
  });
  if (!options.length) {
    options.push(element("li", { role: "option", "aria-selected": "false", "aria-disabled": "true" }, "no other word"));
  }
  menu.replaceChildren(...options);
  menu.hidden = false;
  const place = button.getBoundingClientRect();
  const left = Math.min(place.left, document.documentElement.clientWidth - menu.offsetWidth - 8);
  menu.style.left = `${Math.max(8, left) + window.scrollX}px`;
  menu.style.top = `${place.bottom + 4 + window.scrollY}px`;
  select(options, 0);
  menu.focus();

  menu.onkeydown = (event) => {
    const chosen = options.findIndex((each) => each.getAttribute("aria-selected") === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) select(options, (chosen + step + options.length) % options.length);
    else if (event.key === "Enter" || event.key === " ") options[chosen].click();
    else if (event.key === "Escape" || event.key === "Tab") close();
    else return;
    event.preventDefault();
  };
}

function select(options, chosen) {
  options.forEach((each, index) => each.setAttribute("aria-selected", String(index === chosen)));
  byId("menu").setAttribute("aria-activedescendant", options[chosen].id);
  options[chosen].scrollIntoView({ block: "nearest" });
}

function close() {
  byId("menu").hidden = true;
  opener?.focus();
}

document.addEventListener("pointerdown", (event) => {
  if (!byId("menu").hidden && !byId("menu").contains(event.target)) byId("menu").hidden = true;
});
