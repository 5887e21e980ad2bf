// The parts of the page, and the tabs.

import { ask, getKey, setKey } from "./api.js";
import { startDocuments } from "./documents.js";
import { byId, element } from "./dom.js";
import { startHistory } from "./history.js";
import { startRuns } from "./runs.js";
import { startTranslator } from "./translator.js";

function startTabs(onRun) {
  const tabs = [...document.querySelectorAll('[role="tab"]')];
  function choose(tab, focus) {
    for (const each of tabs) {
      const isChosen = each === tab;
      each.setAttribute("aria-selected", String(isChosen));
      each.tabIndex = isChosen ? 0 : -1;
      byId(each.getAttribute("aria-controls")).hidden = !isChosen;
    }
    if (focus) tab.focus();
    if (tab.id === "tab-run") onRun();
  }
  for (const [index, tab] of tabs.entries()) {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) choose(tabs[(index + step + tabs.length) % tabs.length], true);
    });
  }
}

async function start() {
  const [languages, settings] = await Promise.all([ask("languages"), ask("frontend/settings")]);
  byId("key-row").hidden = !settings.apiKeys;
  byId("key").value = getKey();
  const history = startHistory();
  const translator = startTranslator(languages, settings, history);
  history.onChoose = translator.show;
  startDocuments(translator, settings);
  const runs = startRuns(translator);
  startTabs(runs.show);
  byId("key").addEventListener("change", () => {
    setKey(byId("key").value.trim());
    translator.translate();
  });
}

start().catch((error) => {
  byId("error").replaceChildren(element("span", {}, `The server cannot be reached: ${error.message}`));
});
