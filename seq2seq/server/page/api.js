// Requests to this server, and texts for the page: never HTML.

let key = sessionStorage.getItem("seq2seq-key") || "";

export function setKey(value) {
  key = value;
  sessionStorage.setItem("seq2seq-key", value);
}

export function getKey() {
  return key;
}

export async function ask(path, options = {}) {
  const headers = { ...(options.headers || {}) };
  if (key) headers.Authorization = `Bearer ${key}`;
  const answer = await fetch(path, { ...options, headers });
  const value = await answer.json().catch(() => ({ error: `the server answered ${answer.status}` }));
  if (!answer.ok) throw new Error(value.error || `the server answered ${answer.status}`);
  return value;
}

export function post(path, value, signal) {
  const headers = { "Content-Type": "application/json" };
  return ask(path, { method: "POST", headers, body: JSON.stringify(value), signal });
}

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...children);
  return made;
}

export function byId(id) {
  return document.getElementById(id);
}

// Positions of words in a text, in which they come in this order.
export function positions(text, words) {
  let from = 0;
  return words.map((word) => {
    const start = text.indexOf(word, from);
    if (start < 0) return null;
    from = start + word.length;
    return [start, from];
  });
}
