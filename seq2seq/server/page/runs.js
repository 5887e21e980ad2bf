// The tab of a run: facts, scores, curves, attention, samples, model card.

import { ask, post } from "./api.js";
import { byId, element } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT, EDGE] = [480, 150, 34];
const CURVES = [
  ["train", "loss", "Loss of training"],
  ["validation", "loss", "Loss of validation"],
  ["validation", "bleu", "BLEU of validation"],
  ["validation", "chrf", "chrF of validation"],
  ["validation", "perplexity", "Perplexity of validation"],
];

export function startRuns(translator) {
  let runs = [];

  async function show() {
    byId("run-error").textContent = "";
    try {
      if (!runs.length) {
        runs = await ask("v1/runs");
        byId("run").replaceChildren(...runs.map((run) => element("option", { value: run.number },
          `${run.source_name} to ${run.target_name}: ${run.name}`)));
      }
      drawAttention(translator.state.lines[0]);
      await fill(runs[byId("run").value]);
    } catch (error) {
      byId("run-error").textContent = error.message;
    }
  }

  async function fill(run) {
    const details = await ask(`v1/runs/${run.number}`);
    byId("facts").replaceChildren(...Object.entries(details.facts).flatMap(([name, value]) => [
      element("dt", {}, name), element("dd", {}, String(value))]));
    byId("scores").replaceChildren(...details.scores.map((each) => element("li", {}, each)));
    byId("curves").replaceChildren(...CURVES.flatMap(([kind, name, title]) => {
      const points = details.metrics
        .filter((row) => row.kind === kind && typeof row[name] === "number")
        .map((row) => [row.step ?? 0, row[name]]);
      return points.length > 1 ? [curve(title, points)] : [];
    }));
    byId("card").textContent = details.card;
    await fillSamples(run, details.samples);
  }

  async function fillSamples(run, samples) {
    if (!samples.length) return;
    const answer = await post("v1/translate",
      { text: samples.map((each) => each.source), source: run.source, target: run.target });
    byId("samples").replaceChildren(...samples.map((sample, index) => element("tr", {},
      element("td", { lang: run.source }, sample.source),
      element("td", { lang: run.target }, sample.target),
      element("td", { lang: run.target }, answer.translations[index].text))));
  }

  byId("run").addEventListener("change", show);
  document.addEventListener("translated", () => drawAttention(translator.state.lines[0]));
  return { show };
}

function drawAttention(line) {
  const alignment = line?.result.alignment;
  if (!alignment) {
    byId("attention").textContent = "Nothing is translated, or the run has no attention.";
    return;
  }
  const head = element("tr", {}, element("td"),
    ...alignment.source.map((word) => element("th", { scope: "col" }, word)));
  const rows = alignment.target.map((word, row) => element("tr", {}, element("th", { scope: "row" }, word),
    ...alignment.weights[row].map((weight) => {
      const cell = element("span");
      cell.style.opacity = weight;
      const percent = `${Math.round(100 * weight)} %`;
      cell.title = percent;
      return element("td", { "aria-label": percent }, cell);
    })));
  byId("attention").replaceChildren(element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows)));
}

function curve(title, points) {
  const [xs, ys] = [points.map((point) => point[0]), points.map((point) => point[1])];
  const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const x = (value) => EDGE + ((value - left) / (right - left || 1)) * (WIDTH - EDGE - 8);
  const y = (value) => HEIGHT - 18 - ((value - low) / (high - low || 1)) * (HEIGHT - 28);
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("class", "curve");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label",
    `${title}: from ${short(ys[0])} to ${short(ys[ys.length - 1])} in steps ${left} to ${right}`);
  const line = document.createElementNS(SVG, "polyline");
  line.setAttribute("points", points.map((point) => `${x(point[0]).toFixed(1)},${y(point[1]).toFixed(1)}`).join(" "));
  svg.append(line, label(short(high), 2, 12), label(short(low), 2, HEIGHT - 18),
    label(String(left), EDGE, HEIGHT - 4), label(String(right), WIDTH - 40, HEIGHT - 4));
  return element("figure", {}, element("figcaption", {}, title), svg);
}

function label(text, x, y) {
  const made = document.createElementNS(SVG, "text");
  made.setAttribute("x", x);
  made.setAttribute("y", y);
  made.textContent = text;
  return made;
}

function short(value) {
  return String(Number(value.toPrecision(3)));
}
