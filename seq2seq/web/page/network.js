// A network as two ONNX graphs, the encoder and a step of the decoder, for one sentence at a time and
// one hypothesis of it or several.

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

  // The state of the decoder before its first token, of the token ids of a source.
  async encode(ids) {
    const { Tensor } = this.#ort;
    const size = [1, ids.length];
    const tokens = new Tensor("int64", BigInt64Array.from(ids, BigInt), size);
    const mask = new Tensor("bool", new Uint8Array(ids.length).fill(1), size);
    const { values, keys, hidden } = await this.#encoder.run({ tokens, mask });
    const positions = values.dims[1]; // as many as tokens, or 1 without attention
    const memory = { values, mask: new Tensor("bool", mask.data.slice(0, positions), [1, positions]) };
    if (keys) memory.keys = keys.reshape([1, positions, keys.dims[1]]);
    return { memory: this.#inputs(memory), hidden: hidden.reshape([1, 1, ...hidden.dims.slice(1)]) };
  }

  // The logits (V) of each hypothesis after its last token, and the next state of all.
  async step({ memory, hidden }, last) {
    const { Tensor } = this.#ort;
    const tokens = new Tensor("int64", BigInt64Array.from(last, BigInt), [1, last.length]);
    const output = await this.#step.run({ ...memory, hidden, tokens });
    const { data } = output.logits;
    const size = data.length / last.length;
    const logits = last.map((_, index) => data.subarray(index * size, (index + 1) * size));
    return { logits, state: { memory, hidden: output.new_hidden.reshape(hidden.dims) } };
  }

  // The state of hypotheses that continue those of the indices `parents`.
  reorder({ memory, hidden }, parents) {
    const [, count, ...dims] = hidden.dims;
    const size = hidden.data.length / count;
    const data = new Float32Array(parents.length * size);
    parents.forEach((parent, index) => {
      data.set(hidden.data.subarray(parent * size, (parent + 1) * size), index * size);
    });
    return { memory, hidden: new this.#ort.Tensor("float32", data, [1, parents.length, ...dims]) };
  }

  // Those of the values that the graph of a step reads.
  #inputs(memory) {
    const names = this.#step.inputNames;
    return Object.fromEntries(Object.entries(memory).filter(([name]) => names.includes(name)));
  }

  async release() {
    await this.#encoder.release();
    await this.#step.release();
  }
}
