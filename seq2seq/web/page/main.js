// The page: what is typed goes to the thread that translates, and comes back line by line.

import { byId, element } from "./dom.js";
import { fetchSettings } from "./model.js";

const PAUSE = 250; // milliseconds after the last key
const names = new Intl.DisplayNames(["en"], { type: "language", fallback: "code" });
const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
const state = { settings: null, id: 0, timer: 0, isReady: false };

function show(settings) {
  state.settings = settings;
  byId("title").textContent = settings.name;
  document.title = `${settings.name}: translate in this browser`;
  byId("direction").replaceChildren(...settings.directions.map(({ source, target }, index) =>
    element("option", { value: String(index) }, `${nameOf(source) || "Any language"} to ${nameOf(target)}`)));
  const precisions = Object.entries(settings.precisions);
  byId("precision").replaceChildren(...precisions.map(([name, files]) =>
    element("option", { value: name }, `${name} (${megabytes(files)} MB)`)));
  byId("precision").value = precisions.at(-1)[0];
  byId("precision-row").hidden = precisions.length < 2;
  byId("about").textContent = [settings.licence && `Training text: ${settings.licence}.`, ...settings.scores]
    .filter(Boolean).join("\n");
  byId("protected").hidden = !settings.protects_spans;
  byId("unprotected").hidden = settings.protects_spans;
  chooseDirection();
}

function nameOf(code) {
  try {
    return code && names.of(code.replace("_", "-"));
  } catch {
    return code; // no such language
  }
}

function megabytes({ encoder, step }) {
  return ((encoder.bytes + step.bytes) / 1e6).toFixed(1);
}

function load() {
  state.isReady = false;
  byId("loading").hidden = false;
  byId("status").textContent = "Loading the model";
  worker.postMessage({ load: byId("precision").value });
}

function chooseDirection() {
  const { source, target } = state.settings.directions[Number(byId("direction").value)];
  byId("text").lang = source;
  byId("translation").lang = target;
}

function translate() {
  clearTimeout(state.timer);
  byId("error").textContent = "";
  const text = byId("text").value;
  byId("count").textContent = text ? `${text.length} characters` : "";
  if (!state.isReady) return;
  const lines = text.split("\n");
  state.id += 1;
  const output = byId("translation");
  output.replaceChildren(...lines.map(() => element("p")));
  if (!text.trim()) {
    byId("status").textContent = "";
    output.replaceChildren();
  }
  output.classList.toggle("waiting", Boolean(text.trim()));
  const direction = Number(byId("direction").value);
  worker.postMessage({ id: state.id, lines, direction, search: byId("search").value });
}

function onMessage({ data }) {
  if ("loaded" in data) byId("loading").value = data.loaded;
  if (data.ready) {
    state.isReady = true;
    byId("loading").hidden = true;
    const loaded = `${data.megabytes.toFixed(1)} MB were loaded`;
    byId("status").textContent = `Ready: ${loaded}, and nothing that you type leaves this device`;
    if (byId("text").value) translate();
  }
  if (data.error) {
    byId("loading").hidden = true;
    byId("status").textContent = "";
    byId("error").textContent = data.error;
  }
  if (data.id !== state.id) return;
  const output = byId("translation");
  if (data.progress) byId("status").textContent = `Sentence ${data.progress.done} of ${data.progress.units}`;
  if ("index" in data) output.children[data.index]?.replaceChildren(data.text);
  if (data.done) {
    output.classList.remove("waiting");
    byId("status").textContent = timed(data.done);
  }
}

function timed({ units, fresh, milliseconds }) {
  if (!units) return "";
  const count = units === 1 ? "1 sentence" : `${units} sentences`;
  if (!fresh) return `${count}, as before`;
  const each = milliseconds / fresh;
  const time = `${each < 10 ? each.toFixed(1) : Math.round(each)} ms`;
  if (units === 1) return `${count} in ${time}`;
  return fresh === units ? `${count}, ${time} each` : `${count}, of which ${fresh} new, ${time} each`;
}

function later() {
  clearTimeout(state.timer);
  grow();
  state.timer = setTimeout(translate, PAUSE);
}

function grow() {
  const area = byId("text");
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight}px`;
}

function translated() {
  return [...byId("translation").children].map((line) => line.textContent).join("\n");
}

worker.addEventListener("message", onMessage);
worker.addEventListener("error", () => {
  byId("loading").hidden = true;
  byId("error").textContent = "This browser cannot start the translator: it needs modules in workers, and WebAssembly";
});
byId("text").addEventListener("input", later);
byId("direction").addEventListener("change", () => { chooseDirection(); translate(); });
byId("search").addEventListener("change", translate);
byId("precision").addEventListener("change", load);
byId("clear").addEventListener("click", () => {
  byId("text").value = "";
  grow();
  translate();
  byId("text").focus();
});
byId("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText(translated()).then(
    () => { byId("status").textContent = "Copied"; },
    () => { byId("error").textContent = "The browser does not let this page copy"; },
  );
});
fetchSettings().then((settings) => { show(settings); load(); }).catch((error) => {
  byId("loading").hidden = true;
  byId("error").textContent = error.message;
});
