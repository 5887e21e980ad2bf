// Functions of the page, for a test in Python: a JSON object of requests in, one of results out.
//
// `page` is the folder with the modules; the keys of the others are those of `functions` below.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const BATCH = 8; // units that are translated together
const { page, requests } = JSON.parse(readFileSync(0, "utf-8"));
const load = (name) => import(new URL(name, pathToFileURL(`${page}/`)));

const functions = {
  async encode({ tokenizer, lines }) {
    const opened = (await load("tokenizer.js")).openTokenizer(tokenizer);
    return lines.map((line) => opened.encode(line));
  },
  async decode({ tokenizer, sentences }) {
    const opened = (await load("tokenizer.js")).openTokenizer(tokenizer);
    return sentences.map((ids) => opened.decode(ids));
  },
  async transform({ names, lines }) {
    return lines.map((await load("normalization.js")).textTransforms(names));
  },
  async recase({ forms, lines }) {
    const truecaser = new (await load("truecase.js")).Truecaser(forms);
    return lines.map((line) => truecaser.recase(line));
  },
  async repetitions({ lines }) {
    return lines.map((await load("repetition.js")).countRepetitions);
  },
  async sentences({ lines, language }) {
    const { splitSentences } = await load("sentences.js");
    return lines.map((line) => splitSentences(line, language, []));
  },
  async clauses({ lines, longest }) {
    const { splitClauses } = await load("sentences.js");
    return lines.map((line) => splitClauses(line, (part) => part.length <= longest, []));
  },
  // Protected lines: spans as the program finds them, and the text with symbols.
  async protect({ spans, numbers, lines }) {
    const finder = new (await load("span_finder.js")).SpanFinder(spans);
    const pairing = new (await load("pairing.js")).SpanPairing(spans);
    const format = new (await load("number_format.js")).NumberFormat({ ...spans, numbers });
    const { ForeignText, withForeign } = await load("foreign.js");
    const foreign = new ForeignText(spans);
    const { protect } = await load("protection.js");
    return lines.map((line) => {
      const own = finder.find(line).map((span) => ({ ...span, text: format.localized(span, line) }));
      const found = withForeign(own, foreign.find(line));
      return { found: found.map(({ kind, text }) => [kind, text]), ...protect(line, found, pairing) };
    });
  },
  // The tokens that constraints leave possible, for each of several hypotheses.
  async constrain({ size, cases }) {
    const { blockRepeatedNgrams, requireSymbols } = await load("constraints.js");
    return cases.map(({ first, symbols, closes, limit, ngram, generated }) => {
      const logits = new Float32Array(size);
      requireSymbols(first, symbols, closes, limit)(logits, generated);
      if (ngram) blockRepeatedNgrams(ngram)(logits, generated);
      return [...logits.keys()].filter((token) => logits[token] === 0);
    });
  },
  // Translations by the network of a folder that was exported.
  async translate({ folder, lines, precision, search }) {
    const read = (name) => readFileSync(`${folder}/model/${name}`);
    const ort = await load("runtime/ort.wasm.min.mjs");
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmPaths = pathToFileURL(`${folder}/runtime/`).href;
    ort.env.wasm.wasmBinary = readFileSync(`${folder}/runtime/ort-wasm-simd-threaded.wasm`).buffer;
    const settings = JSON.parse(read("model.json"));
    const files = settings.precisions[precision];
    const { openNetwork } = await load("network.js");
    const { Translator } = await load("translator.js");
    const network = await openNetwork(ort, read(files.encoder.name), read(files.step.name));
    const texts = {
      spans: JSON.parse(read("spans.json")),
      settings: { ...settings, typical_length: 1e6 }, // no line is cut into sentences
      source: JSON.parse(read(settings.tokenizers.source)),
      target: JSON.parse(read(settings.tokenizers.target)),
      truecase: settings.truecase && read(settings.truecase).toString(),
    };
    const translator = new Translator(texts, network);
    const planned = lines.map((line) => translator.plan(line));
    const units = planned.flatMap((line) => line.units);
    const translated = [];
    for (let start = 0; start < units.length; start += BATCH) {
      translated.push(...await translator.translateUnits(units.slice(start, start + BATCH), search ?? "greedy"));
    }
    return planned.map((line) => translator.planners[0].join(line, translated.splice(0, line.units.length)));
  },
};

const results = [];
for (const [name, request] of requests) results.push(await functions[name](request));
process.stdout.write(JSON.stringify(results));
