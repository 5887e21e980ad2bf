// Requests to this server.

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
