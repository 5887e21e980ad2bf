// Documents that are dropped or chosen, and come back translated.

import { ask } from "./api.js";
import { byId } from "./dom.js";

const PAUSE = 300; // milliseconds between two looks at the progress

export function startDocuments(translator, settings) {
  const drop = byId("drop");
  const input = byId("file");
  input.accept = settings.supportedFilesFormat.join(",");

  async function translate(file) {
    byId("document").hidden = false;
    byId("document-name").textContent = file.name;
    byId("document-link").hidden = true;
    byId("document-progress").value = 0;
    byId("document-status").textContent = "Sending";
    const form = new FormData();
    form.append("source", byId("source").value);
    form.append("target", byId("target").value);
    form.append("file", file);
    try {
      finish(await follow(await ask("v1/documents", { method: "POST", body: form })));
    } catch (error) {
      byId("document-status").textContent = error.message;
    }
  }

  async function follow(begun) {
    let status = begun;
    while (status.status === "translating") {
      const { lines, translated } = status;
      byId("document-progress").value = lines ? translated / lines : 0;
      byId("document-status").textContent = lines ? `${translated} of ${lines} lines` : "Reading";
      await new Promise((done) => setTimeout(done, PAUSE));
      status = await ask(`v1/documents/${encodeURIComponent(begun.id)}`);
    }
    if (status.error) throw new Error(status.error);
    return status;
  }

  function finish(status) {
    byId("document-progress").value = 1;
    byId("document-status").textContent = status.report;
    const link = byId("document-link");
    link.href = status.path;
    link.download = status.name;
    link.hidden = false;
    link.focus();
  }

  input.addEventListener("change", () => {
    if (input.files[0]) translate(input.files[0]);
    input.value = "";
  });
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("dropping");
    });
  }
  for (const name of ["dragleave", "drop"]) {
    drop.addEventListener(name, () => drop.classList.remove("dropping"));
  }
  drop.addEventListener("drop", (event) => {
    const file = event.dataTransfer.files[0];
    if (!file) return;
    event.preventDefault();
    translate(file);
  });
}
