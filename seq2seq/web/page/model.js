// The files of the model, which are fetched from where the page comes from.

export const FOLDER = new URL("model/", import.meta.url);

// A server that tells nothing about caches is asked whether a file is still the same: one of an
// earlier export would not fit the others.
async function fetched(name) {
  const answer = await fetch(new URL(name, FOLDER), { cache: "no-cache" });
  if (!answer.ok) throw new Error(`${name} cannot be loaded: ${answer.status}`);
  return answer;
}

export async function fetchSettings() {
  return (await fetched("model.json")).json();
}

// The tokenizers and the truecaser's words.
export async function fetchTexts(settings) {
  const { source, target } = settings.tokenizers;
  const texts = { settings, source: await (await fetched(source)).json(), truecase: "" };
  texts.spans = await (await fetched("spans.json")).json();
  texts.target = target === source ? texts.source : await (await fetched(target)).json();
  if (settings.truecase) texts.truecase = await (await fetched(settings.truecase)).text();
  return texts;
}

// The contents of the graphs of one precision; `onBytes` gets the number of each part that comes.
export async function fetchGraphs({ encoder, step }, onBytes) {
  return Promise.all([encoder, step].map(async ({ name }) => {
    const parts = [];
    for await (const part of streamed((await fetched(name)).body)) {
      parts.push(part);
      onBytes(part.length);
    }
    return new Uint8Array(await new Blob(parts).arrayBuffer());
  }));
}

async function* streamed(body) {
  const reader = body.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
}
