"""Export of a network: three ONNX graphs, for the tables, the encoder and a decoding step."""

import torch

from seq2seq.errors import ConfigError
from seq2seq.inference.onnx.encoder_graph import EncoderGraph
from seq2seq.inference.onnx.graph import INT64, Graph
from seq2seq.inference.onnx.sessions import GRAPH_FORMAT, GraphFiles
from seq2seq.inference.onnx.step_graph import StepGraph
from seq2seq.model.encoder_decoder import EncoderDecoder


def export_graphs(model: EncoderDecoder, precision: str) -> GraphFiles:
    """Return the files of a network in `precision`, fp32 or int8.

    Raises:
        ConfigError: a part of the network cannot be exported.
    """
    tables = Graph()
    tables.add_output(tables.constant([GRAPH_FORMAT]), "format", INT64, (1,))
    encoder, step = _build(model, tables, precision)
    tables.share_constants(step)  # the embeddings, if they are the output layer's weights too
    return GraphFiles(*(graph.to_bytes() for graph in (tables, encoder, step)))


def export_without_tables(model: EncoderDecoder, precision: str) -> tuple[bytes, bytes]:
    """Return the files of encoder and step that compute what `export_graphs` looks up in tables.

    A browser has no memory for tables, which ONNX Runtime Web would copy at each step.

    Raises:
        ConfigError: a part of the network cannot be exported.
    """
    encoder, step = _build(model, None, precision)
    return encoder.to_bytes(), step.to_bytes()


@torch.no_grad()
def _build(model: EncoderDecoder, tables: Graph | None, precision: str) -> list[Graph]:
    """Return the graphs of the encoder and of a step."""
    if model.gate is not None:
        raise ConfigError("a run with document_context=carry cannot be exported to ONNX")
    graphs = EncoderGraph(model, tables, precision), StepGraph(model, tables, precision)
    return [graph.build() for graph in graphs]
