// A network as two ONNX graphs, the encoder and a step of the decoder, for a batch of sentences with
// one hypothesis each, or for one sentence with several.

// The sessions of ONNX Runtime for the contents of two files; `ort` is its module.
export async function openNetwork(ort, encoder, step) {
  const open = (file) => ort.InferenceSession.create(file, { enableMemPattern: false });
  return new Network(ort, await open(encoder), await open(step));
}

class Network {
  #ort;
  #encoder;
  #step;

  constructor(ort, encoder, step) {
    [this.#ort, this.#encoder, this.#step] = [ort, encoder, step];
  }

  // The state of the decoder before its first token, of the token ids of B sources.
  async encode(sources) {
    const width = Math.max(...sources.map((ids) => ids.length));
    const [tokens, mask] = [new BigInt64Array(sources.length * width), new Uint8Array(sources.length * width)];
    sources.forEach((ids, row) => ids.forEach((id, column) => {
      tokens[row * width + column] = BigInt(id);
      mask[row * width + column] = 1;
    }));
    const count = sources.length;
    const inputs = {
      tokens: this.#tensor("int64", tokens, [count, width]),
      mask: this.#tensor("bool", mask, [count, width]),
    };
    const { values, keys, hidden } = await this.#encoder.run(inputs);
    const positions = values.dims[1]; // as many as tokens, or 1 without attention
    const memory = { values, mask: inputs.mask };
    if (positions !== width) memory.mask = this.#tensor("bool", new Uint8Array(count).fill(1), [count, 1]);
    if (keys) memory.keys = keys.reshape([count, positions, keys.dims[1]]);
    return { memory: this.#inputs(memory), hidden: hidden.reshape([count, 1, ...hidden.dims.slice(1)]) };
  }

  // The logits (V) of each hypothesis after its last token, and the next state of all.
  async step({ memory, hidden }, last) {
    const tokens = this.#tensor("int64", BigInt64Array.from(last, BigInt), hidden.dims.slice(0, 2));
    const output = await this.#step.run({ ...memory, hidden, tokens });
    const { data } = output.logits;
    const size = data.length / last.length;
    const logits = last.map((_, index) => data.subarray(index * size, (index + 1) * size));
    return { logits, state: { memory, hidden: output.new_hidden.reshape(hidden.dims) } };
  }

  // The state of the sentences of some rows.
  select({ memory, hidden }, rows) {
    const kept = Object.entries(memory).map(([name, tensor]) => [name, this.#take(tensor, 0, rows)]);
    return { memory: Object.fromEntries(kept), hidden: this.#take(hidden, 0, rows) };
  }

  // The state of hypotheses of one sentence that continue those of the indices `parents`.
  reorder({ memory, hidden }, parents) {
    return { memory, hidden: this.#take(hidden, 1, parents) };
  }

  // Those of the values that the graph of a step reads.
  #inputs(memory) {
    const names = this.#step.inputNames;
    return Object.fromEntries(Object.entries(memory).filter(([name]) => names.includes(name)));
  }

  #tensor(type, data, dims) {
    return new this.#ort.Tensor(type, data, dims);
  }

  // The rows of a tensor along a dimension, before which all are 1.
  #take({ type, data, dims }, axis, rows) {
    const size = data.length / dims[axis];
    const taken = new data.constructor(rows.length * size);
    rows.forEach((row, index) => taken.set(data.subarray(row * size, (row + 1) * size), index * size));
    return this.#tensor(type, taken, dims.with(axis, rows.length));
  }

  async release() {
    await this.#encoder.release();
    await this.#step.release();
  }
}
