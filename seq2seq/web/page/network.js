// A network as two ONNX graphs, the encoder and a step of the decoder, for one sentence at a time.

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

  // The logits (V) after the token `last`, and the next state.
  async step({ memory, hidden }, last) {
    const tokens = new this.#ort.Tensor("int64", BigInt64Array.of(BigInt(last)), [1, 1]);
    const output = await this.#step.run({ ...memory, hidden, tokens });
    const state = { memory, hidden: output.new_hidden.reshape(hidden.dims) };
    return { logits: output.logits.data, state };
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
