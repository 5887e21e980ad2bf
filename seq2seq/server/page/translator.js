// Typing, translations as one types, and what their words show.

import { post } from "./api.js";
import { byId, element, positions } from "./dom.js";
import { openMenu } from "./menu.js";

const PAUSE = 250; // milliseconds after the last key
const UNSURE = 0.8;
const DOUBTFUL = 0.5;
const KEPT = "seq2seq-glossary";

export function startTranslator(languages, settings, history) {
  const text = byId("text");
  const output = byId("translation");
  const state = { lines: [], source: "", target: "", timer: 0, request: null };
  fillLanguages(languages, settings);
  byId("glossary").value = localStorage.getItem(KEPT) || "";

  function glossary() {
    const terms = {};
    for (const line of byId("glossary").value.split("\n")) {
      const at = line.search(/[=\t]/);
      if (at > 0 && line.slice(at + 1).trim()) terms[line.slice(0, at).trim()] = line.slice(at + 1).trim();
    }
    return terms;
  }

  function options(more) {
    const [source, target] = [byId("source").value, byId("target").value];
    return { source, target, glossary: glossary(), ...more };
  }

  async function translate() {
    clearTimeout(state.timer);
    state.request?.abort();
    byId("error").textContent = "";
    grow(text);
    byId("count").textContent = text.value ? `${text.value.length} / ${settings.charLimit}` : "";
    light(null);
    if (!text.value.trim()) {
      state.lines = [];
      for (const id of ["status", "detected", "confidence", "pivot"]) byId(id).textContent = "";
      output.replaceChildren();
      return;
    }
    state.request = new AbortController();
    output.classList.add("waiting");
    try {
      const asked = options({ text: text.value.split("\n"), alignments: true });
      take(await post("v1/translate", asked, state.request.signal), asked.text);
    } catch (error) {
      if (error.name === "AbortError") return;
      byId("error").textContent = error.message;
    }
    output.classList.remove("waiting");
  }

  function take(answer, sources) {
    [state.source, state.target] = [answer.source, answer.target];
    state.lines = answer.translations.map((each, index) => ({
      source: sources[index],
      result: each.lines[0]?.translations[0] || { text: each.text, words: [] },
      prefix: "",
    }));
    const detected = answer.detected;
    byId("detected").textContent = detected
      ? `Detected: ${nameOf(languages, detected.language)} (${Math.round(detected.confidence)} %)` : "";
    byId("pivot").textContent = answer.pivot ? `through ${nameOf(languages, answer.pivot)}` : "";
    render();
    history.add({ source: byId("source").value, target: answer.target, text: text.value, translation: translated() });
  }

  function render() {
    output.lang = state.target;
    output.replaceChildren(...state.lines.map((line, index) => paragraph(line, index)));
    const first = output.querySelector(".word");
    if (first) first.tabIndex = 0;
    const rated = state.lines.map((line) => line.result.confidence).filter((each) => typeof each === "number");
    byId("confidence").textContent = rated.length ? `Confidence ${Math.round(100 * Math.min(...rated))} %` : "";
    byId("status").textContent = "Translated";
    document.dispatchEvent(new CustomEvent("translated"));
  }

  function paragraph(line, index) {
    const made = element("p");
    const { text: whole, words } = line.result;
    const places = positions(whole, words.map((word) => word.text));
    let end = 0;
    places.forEach((place, number) => {
      if (!place) return;
      made.append(whole.slice(end, place[0]), wordButton(line, index, number, place[0]));
      end = place[1];
    });
    made.append(whole.slice(end));
    return made;
  }

  function wordButton(line, index, number, start) {
    const word = line.result.words[number];
    const isRated = typeof word.probability === "number";
    const probability = isRated ? word.probability : Math.exp(Math.min(0, word.logprob));
    const level = probability < DOUBTFUL ? "doubtful" : probability < UNSURE ? "unsure" : "";
    const made = element("button", { type: "button", class: `word ${level}`, tabindex: "-1" }, word.text);
    made.title = `${isRated ? "right" : "probability"}: ${Math.round(100 * probability)} %`;
    if (level) made.setAttribute("aria-description", level);
    for (const event of ["mouseenter", "focus"]) made.addEventListener(event, () => light(index, number));
    for (const event of ["mouseleave", "blur"]) made.addEventListener(event, () => light(null));
    made.addEventListener("click", () => choose(made, line, index, start));
    made.addEventListener("keydown", walk);
    return made;
  }

  // Words of the text that a word of the translation attends to.
  function light(index, number) {
    const backdrop = byId("backdrop");
    backdrop.textContent = text.value;
    if (index === null) return;
    const { source, result } = state.lines[index];
    const row = result.alignment?.weights[number];
    if (!row) return;
    const most = Math.max(...row);
    const offset = state.lines.slice(0, index).reduce((sum, each) => sum + each.source.length + 1, 0);
    const parts = [];
    let end = 0;
    positions(source, result.alignment.source).forEach((place, column) => {
      if (!place || row[column] < Math.max(0.2, most / 2)) return;
      parts.push(text.value.slice(end, offset + place[0]));
      end = offset + place[1];
      parts.push(element("mark", {}, text.value.slice(offset + place[0], end)));
    });
    parts.push(text.value.slice(end));
    backdrop.replaceChildren(...parts);
  }

  async function choose(button, line, index, start) {
    const before = line.result.text.slice(0, start);
    const current = button.textContent;
    try {
      const most = Math.min(8, settings.maxAlternatives);
      const asked = options({ text: line.source, source: state.source, prefix: before, n_best: most, branch: true });
      const answer = await post("v1/translate", asked);
      const found = new Map();
      for (const each of answer.translations[0].texts) {
        const rest = each.slice(before.length).trimStart();
        const word = rest.split(/\s/)[0];
        if (word && word !== current && !found.has(word)) found.set(word, rest);
      }
      openMenu(button, found, (word) => decode(line, index, before, word, found.get(word)));
    } catch (error) {
      byId("error").textContent = error.message;
    }
  }

  async function decode(line, index, before, word, rest) {
    const gap = before && !/\s$/.test(before) && !rest.startsWith(word) ? " " : "";
    const prefix = before + gap + word + (rest === word ? "" : " ");
    try {
      const asked = options({ text: line.source, source: state.source, prefix, alignments: true });
      const answer = await post("v1/translate", asked);
      state.lines[index] = { ...line, result: answer.translations[0].lines[0].translations[0], prefix };
      render();
      output.children[index].querySelectorAll(".word")[before.split(/\s+/).filter(Boolean).length]?.focus();
    } catch (error) {
      byId("error").textContent = error.message;
    }
  }

  // Arrow keys go from word to word.
  function walk(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const words = [...output.querySelectorAll(".word")];
    const next = words[words.indexOf(event.target) + step];
    if (!next) return;
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  function translated() {
    return state.lines.map((line) => line.result.text).join("\n");
  }

  function later() {
    clearTimeout(state.timer);
    state.timer = setTimeout(translate, PAUSE);
  }

  function show(entry) {
    [byId("source").value, byId("target").value, text.value] = [entry.source, entry.target, entry.text];
    translate();
  }

  text.addEventListener("input", () => { grow(text); light(null); later(); });
  byId("source").addEventListener("change", () => { fillTargets(languages); translate(); });
  byId("target").addEventListener("change", translate);
  byId("glossary").addEventListener("input", () => {
    localStorage.setItem(KEPT, byId("glossary").value);
    later();
  });
  byId("clear").addEventListener("click", () => { text.value = ""; translate(); text.focus(); });
  byId("copy").addEventListener("click", async () => {
    await navigator.clipboard.writeText(translated()).then(
      () => { byId("status").textContent = "Copied"; },
      () => { byId("error").textContent = "The browser does not let this page copy"; },
    );
  });
  byId("swap").addEventListener("click", () => {
    const from = byId("source").value === "auto" ? state.source : byId("source").value;
    const to = byId("target").value;
    const back = languages.find((each) => each.code === to)?.targets.includes(from);
    if (!from || !back || from === to) {
      byId("status").textContent = "No run translates in the other direction";
      return;
    }
    const swapped = translated();
    byId("source").value = to;
    fillTargets(languages);
    show({ source: to, target: from, text: swapped });
  });
  return { translate, show, state, options };
}

function nameOf(languages, code) {
  return languages.find((each) => each.code === code)?.name || code;
}

function fillLanguages(languages, settings) {
  const sources = languages.filter((each) => each.targets.some((target) => target !== each.code));
  byId("source").replaceChildren(
    element("option", { value: "auto" }, "Detect language"),
    ...sources.map((each) => element("option", { value: each.code }, each.name)),
  );
  byId("source").value = settings.language.source.code;
  fillTargets(languages);
  byId("target").value = settings.language.target.code;
}

function fillTargets(languages) {
  const source = byId("source").value;
  const before = byId("target").value;
  const codes = new Set(
    languages
      .filter((each) => source === "auto" || each.code === source)
      .flatMap((each) => each.targets.filter((target) => target !== each.code)),
  );
  const options = languages.filter((each) => codes.has(each.code));
  byId("target").replaceChildren(...options.map((each) => element("option", { value: each.code }, each.name)));
  if (codes.has(before)) byId("target").value = before;
}

function grow(area) {
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight}px`;
}
