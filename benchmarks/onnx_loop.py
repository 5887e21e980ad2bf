"""Greedy search as one call of ONNX Runtime, beside one call a step.

python -m benchmarks.onnx_loop RUN [ROUNDS]      7 rounds

The test text of RUN is translated greedily, on one core: by the engine of `translate`, which calls
the graph of a step for each token, and by a graph whose operator `Loop` has the step as its body,
with the choice of the token: one call for each batch. There a sentence that has ended stays in the
batch until the last one ends. Both take turns; the fastest round counts, in time of the processor.
The rows are written into benchmarks/output/onnx-loop.json.
"""

import sys
import time
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

from benchmarks import results
from seq2seq.data.batches import pad
from seq2seq.inference.decode import decode_batch
from seq2seq.inference.engines.onnx import OnnxModel
from seq2seq.inference.loading import load_translation
from seq2seq.inference.onnx.export import export_graphs
from seq2seq.inference.onnx.sessions import GraphFiles, open_sessions
from seq2seq.run_folder import RunFolder
from seq2seq.search.greedy import Greedy
from seq2seq.text.normalization import normalize
from seq2seq.text.special_tokens import BOS, EOS, PAD, UNK

ROUNDS = 7
CONDITIONS = ((1, 200), (16, 1000), (128, 1000))  # sentences of a batch, and of all
COLUMNS = ("precision", "sentences together", "a call a step", "one call", "ratio", "equal")
Batch = list[list[int]]
Decode = Callable[[Batch], Batch]


def loop_graph(step: bytes) -> bytes:
    """Return the graph of a step as the body of a `Loop` that chooses the most probable tokens.

    Its inputs are those of the step but the tokens, `steps`, the largest number of them, and
    `first`, the tokens (B, 1) before the first one; its output is the tokens (T, B, 1).
    """
    model = onnx.load_model_from_string(step)
    graph = model.graph
    sizes = {value.name: value for value in (*graph.input, *graph.output)}
    vocab_size = sizes["logits"].type.tensor_type.shape.dim[1].dim_value
    names = {"tokens": "last", "hidden": "state"}
    for node in graph.node:  # the state is carried on: in the body it has names of its own
        node.input[:] = [names.get(name, name) for name in node.input]
    masked = np.zeros((2, vocab_size), dtype=np.float32)
    masked[:, [PAD, BOS, UNK]] = -np.inf
    masked[0, EOS] = -np.inf  # as the first token
    constants = {
        "masks": masked, "one": np.array(1), "eos": np.array(EOS), "pad": np.array(PAD),
    }  # fmt: skip
    node = helper.make_node
    choice = [
        node("Min", ["i", "one"], ["row"]),
        node("Gather", ["masks", "row"], ["mask_row"]),
        node("Add", ["logits", "mask_row"], ["allowed"]),
        node("ArgMax", ["allowed"], ["best"], axis=-1, keepdims=1),  # (B, 1)
        node("Where", ["ended", "pad", "best"], ["chosen"]),
        node("Equal", ["chosen", "eos"], ["ends"]),
        node("Or", ["ended", "ends"], ["now_ended"]),
        node("Cast", ["now_ended"], ["as_numbers"], to=TensorProto.INT32),
        node("ReduceMin", ["as_numbers"], ["all_ended"], keepdims=0),
        node("Cast", ["all_ended"], ["has_ended"], to=TensorProto.BOOL),
        node("Not", ["has_ended"], ["goes_on"]),
        node("Shape", ["state"], ["state_shape"]),
        node("Reshape", ["new_hidden", "state_shape"], ["next_state"]),
        node("Identity", ["chosen"], ["token"]),
    ]
    value = helper.make_tensor_value_info
    state = [d.dim_value or d.dim_param for d in sizes["hidden"].type.tensor_type.shape.dim]
    body = helper.make_graph(
        [*graph.node, *choice], "body",
        [
            value("i", TensorProto.INT64, []), value("condition", TensorProto.BOOL, []),
            value("last", TensorProto.INT64, ["B", 1]),
            value("state", TensorProto.FLOAT, state),
            value("ended", TensorProto.BOOL, ["B", 1]),
        ],
        [
            value("goes_on", TensorProto.BOOL, []), value("chosen", TensorProto.INT64, ["B", 1]),
            value("next_state", TensorProto.FLOAT, state),
            value("now_ended", TensorProto.BOOL, ["B", 1]),
            value("token", TensorProto.INT64, ["B", 1]),
        ],
    )  # fmt: skip
    outer = [
        node("Equal", ["first", "eos"], ["none_ended"]),
        node(
            "Loop", ["steps", "", "first", "hidden", "none_ended"],
            ["_last", "_state", "_ended", "generated"], body=body,
        ),
    ]  # fmt: skip
    kept = [each for each in graph.input if each.name != "tokens"]
    made = helper.make_graph(
        outer, "greedy",
        [*kept, value("first", TensorProto.INT64, ["B", 1]), value("steps", TensorProto.INT64, [])],
        [value("generated", TensorProto.INT64, ["T", "B", 1])],
        [*graph.initializer, *(numpy_helper.from_array(v, k) for k, v in constants.items())],
    )  # fmt: skip
    whole = helper.make_model(made, opset_imports=model.opset_import, ir_version=model.ir_version)
    content: bytes = whole.SerializeToString()
    return content


def max_lengths(batch: Batch) -> list[int]:
    """Return the largest numbers of tokens that `translate` would generate."""
    return [2 * len(ids) + 10 for ids in batch]


def by_steps(files: GraphFiles) -> Decode:
    """Return the engine of `translate`."""
    model, search = OnnxModel(open_sessions(files, 1)), Greedy()

    def decode(batch: Batch) -> Batch:
        lengths = max_lengths(batch)
        found = decode_batch(model, search, pad(batch), lengths, range(len(batch)), False)
        return [hypotheses[0].tokens for hypotheses in found]

    return decode


def by_loop(files: GraphFiles) -> Decode:
    """Return greedy search by one call."""
    sessions = open_sessions(files, 1)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.enable_mem_pattern = 1, False
    content = loop_graph(files.step)
    loop = onnxruntime.InferenceSession(content, options, ["CPUExecutionProvider"])
    tables = {name: table.numpy() for name, table in sessions.tables.items()}

    def read(session: Any) -> dict[str, Any]:
        names = {value.name for value in session.get_inputs()}
        return {name: table for name, table in tables.items() if name in names}

    of_encoder, of_loop = read(sessions.encoder), read(loop)

    def decode(batch: Batch) -> Batch:
        tokens = pad(batch)[0].numpy()
        mask = np.arange(tokens.shape[1]) < np.array([[len(ids)] for ids in batch])
        values, hidden, keys = sessions.encoder.run(
            ["values", "hidden", "keys"], {"tokens": tokens, "mask": mask, **of_encoder}
        )
        limits = max_lengths(batch)
        (generated,) = loop.run(
            ["generated"],
            {
                "hidden": hidden[:, None], "values": values, "mask": mask,
                "keys": keys.reshape(*tokens.shape, -1),
                "first": np.full((len(batch), 1), BOS), "steps": np.array(max(limits) + 1),
                **of_loop,
            },
        )  # fmt: skip
        rows = generated[..., 0].T.tolist()
        return [_until_eos(row[:limit]) for row, limit in zip(rows, limits, strict=True)]

    return decode


def _until_eos(tokens: list[int]) -> list[int]:
    return next((tokens[:i] for i, token in enumerate(tokens) if token in (EOS, PAD)), tokens)


def batches(run: Path, count: int, together: int) -> list[Batch]:
    """Return the tokens of `count` sources of the test text, of similar length in each batch."""
    source, _ = RunFolder(run).read_tokenizers()
    lines = [normalize(pair.source) for pair in RunFolder(run).read_test()][:count]
    ids = sorted(filter(None, source.encode(lines)), key=len)
    return [ids[start : start + together] for start in range(0, len(ids), together)]


def main(arguments: Sequence[str]) -> None:
    """Run the command line."""
    results.show_help(arguments, __doc__)
    torch.set_num_threads(1)
    run, rounds = Path(arguments[0]), int(arguments[1]) if arguments[1:] else ROUNDS
    model = load_translation(run, "cpu", ()).model
    rows: list[list[object]] = []
    for precision in ("fp32", "int8"):
        files = export_graphs(model, precision)
        decoders = (by_steps(files), by_loop(files))
        for together, count in CONDITIONS:
            texts = batches(run, count, together)
            sentences = sum(map(len, texts))
            seconds: list[list[float]] = [[], []]
            found: list[list[Batch]] = [[], []]
            for _ in range(rounds):
                for number, decode in enumerate(decoders):
                    start = time.process_time()
                    found[number] = [decode(batch) for batch in texts]
                    seconds[number].append(time.process_time() - start)
            step, loop = (1000 * min(each) / sentences for each in seconds)
            pairs = zip(*(chain.from_iterable(each) for each in found), strict=True)
            equal = f"{sum(a == b for a, b in pairs)} of {sentences}"
            rows.append([
                precision, together, round(step, 2), round(loop, 2), round(step / loop, 2), equal
            ])  # fmt: skip
    results.table(COLUMNS, rows)
    results.FOLDER.mkdir(exist_ok=True)
    about = (
        "Milliseconds a sentence of the test text of `en-de`, greedily",
        "python -m benchmarks.onnx_loop RUN",
    )
    results.write_result(results.FOLDER / "onnx-loop.json", about, COLUMNS, rows)


if __name__ == "__main__":
    main(sys.argv[1:])
