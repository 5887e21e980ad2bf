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
  const planned = lines.map((line) => translator.plan(line, direction));
  const units = planned.reduce((sum, line) => sum + line.units.length, 0);
  let [done, fresh] = [0, 0];
  for (const [index, line] of planned.entries()) {
    const texts = [];
    for (const unit of line.units) {
      const key = `${search} ${direction} ${unit.source}`;
      if (!remembered.has(key)) {
        remember(key, await translator.translateUnit(unit, search));
        fresh += 1;
        await newMessages();
        if (id !== latest) return;
      }
      texts.push(remembered.get(key));
      done += 1;
      postMessage({ id, progress: { done, units } });
    }
    postMessage({ id, index, text: translator.planners[direction].join(line, texts) });
  }
  postMessage({ id, done: { units, fresh, milliseconds: performance.now() - began } });
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
