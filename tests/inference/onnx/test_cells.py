"""Cells of graphs whose equations are written in another way than in torch."""

import numpy as np
import onnxruntime
import torch
from torch import Tensor

from seq2seq.inference.onnx.cells import update
from seq2seq.inference.onnx.graph import FP32, Graph
from seq2seq.inference.onnx.products import Products
from seq2seq.model.cells.linear import MinLSTM

EXTREMES = [-1000.0, -200.0, -90.0, -88.0, -20.0, -1.0, 0.0, 0.5, 30.0, 90.0, 1000.0]


def graph_update(cell: MinLSTM, x_proj: Tensor, state: Tensor) -> Tensor:
    """The next state (n, H) from a graph of the cell alone."""
    graph = Graph()
    x = graph.add_input("x", FP32, ("n", x_proj.shape[1]))
    h = graph.add_input("h", FP32, ("n", state.shape[1]))
    (new,) = update(Products(graph, None, "fp32"), cell, x, [h], False)
    graph.add_output(new, "new", FP32, ("n", state.shape[1]))
    session = onnxruntime.InferenceSession(graph.to_bytes(), providers=["CPUExecutionProvider"])
    found: np.ndarray = session.run(None, {"x": x_proj.numpy(), "h": state.numpy()})[0]
    return torch.from_numpy(found)


def test_gates_of_minlstm_are_exact_however_large_their_inputs_are() -> None:
    gates = torch.cartesian_prod(torch.tensor(EXTREMES), torch.tensor(EXTREMES))  # (n, 2)
    cell = MinLSTM(1, 1, norm=False, positive_state=False)
    x_proj = torch.cat([gates, torch.zeros(len(gates), 1)], 1)  # f, i and no candidate

    kept = graph_update(cell, x_proj, torch.ones(len(gates), 1))

    of_f, of_i = (torch.nn.functional.softplus(-part.double()) for part in gates.T)
    expected = torch.sigmoid(of_i - of_f).unsqueeze(1)  # f / (f + i)
    torch.testing.assert_close(kept.double(), expected, atol=2e-7, rtol=1e-5)
