// The thread that translates, so that the page stays usable meanwhile.
//
// Messages in: { load: precision } and { id, lines, direction, search }. Messages out: { loaded: share },
// { ready: precision, megabytes }, { id, progress: { done, units } }, { id, index, text } for each line,
// { id, done: { units, fresh, milliseconds } } and { id, error }, with `fresh` of the units translated now.

import * as ort from "./runtime/ort.wasm.min.mjs";
import { fetchGraphs, fetchSettings, fetchTexts } from "./model.js";
import { openNetwork } from "./network.js";
import { Translator } from "./translator.js";

const WARM_UP = "Hello."; // the browser compiles what is used, and the first use is slow

ort.env.wasm.wasmPaths = new URL("runtime/", import.meta.url).href;
ort.env.wasm.numThreads = 1; // more need headers that a plain server does not send

let translator = null;
const BATCH = 8; // sentences together: more are no faster, and later to be seen
const MOST_REMEMBERED = 5000; // units: who types on in a long text changes one sentence
const remembered = new Map(); // translations of units by search, direction and source
let latest = 0; // the id of the newest request
let loading = Promise.resolve();

async function load(precision) {
  const settings = await fetchSettings();
  const files = settings.precisions[precision];
  const total = files.encoder.bytes + files.step.bytes;
  let read = 0;
  const [texts, graphs] = await Promise.all([
    fetchTexts(settings),
    fetchGraphs(files, (bytes) => postMessage({ loaded: (read += bytes) / total })),
  ]);
  const network = await openNetwork(ort, ...graphs);
  await translator?.network.release();
  translator = new Translator(texts, network);
  remembered.clear();
  await translator.translate(WARM_UP);
  postMessage({ ready: precision, megabytes: total / 1e6 });
}

async function translate({ id, lines, direction, search }) {
  if (id !== latest) return;
  const began = performance.now();
  const planner = translator.planners[direction];
  const planned = lines.map((line) => planner.plan(line));
  const units = planned.flatMap((line) => line.units);
  const keys = units.map((unit) => `${search} ${direction} ${unit.source}`);
  const texts = [];
  let [fresh, line, start] = [0, 0, 0];
  for (;;) {
    for (; line < lines.length && start + planned[line].units.length <= texts.length; line++) {
      const end = start + planned[line].units.length;
      postMessage({ id, index: line, text: planner.join(planned[line], texts.slice(start, end)) });
      start = end;
    }
    if (texts.length === units.length) break;
    const end = texts.length + BATCH;
    const found = new Map(keys.slice(texts.length, end).map((key) => [key, remembered.get(key)]));
    const unknown = [...found.keys()].filter((key) => found.get(key) === undefined);
    const translated = await translator.translateUnits(unknown.map((key) => units[keys.indexOf(key)]), search);
    unknown.forEach((key, index) => { found.set(key, translated[index]); remember(key, translated[index]); });
    if (unknown.length) await newMessages();
    if (id !== latest) return;
    fresh += unknown.length;
    texts.push(...keys.slice(texts.length, end).map((key) => found.get(key)));
    postMessage({ id, progress: { done: texts.length, units: units.length } });
  }
  postMessage({ id, done: { units: units.length, fresh, milliseconds: performance.now() - began } });
}

function remember(key, text) {
  if (remembered.size >= MOST_REMEMBERED) remembered.delete(remembered.keys().next().value);
  remembered.set(key, text);
}

// Let messages in, of which one may be a newer request. A timer would wait for milliseconds.
function newMessages() {
  return new Promise((resume) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => { port1.close(); resume(); };
    port2.postMessage(null);
  });
}

addEventListener("message", ({ data }) => {
  if (data.id) latest = data.id;
  loading = loading.then(() => (data.load ? load(data.load) : translate(data))).catch((error) => {
    postMessage({ id: data.id, error: error.message });
  });
});
