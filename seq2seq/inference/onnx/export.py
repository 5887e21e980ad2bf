"""Export of a network: three ONNX graphs, for the tables, the encoder and a decoding step."""

import torch

from seq2seq.errors import ConfigError
from seq2seq.inference.onnx.encoder_graph import EncoderGraph
from seq2seq.inference.onnx.graph import INT64, Graph
from seq2seq.inference.onnx.sessions import GRAPH_FORMAT, GraphFiles
from seq2seq.inference.onnx.step_graph import StepGraph
from seq2seq.model.encoder_decoder import EncoderDecoder


@torch.no_grad()
def export_graphs(model: EncoderDecoder, precision: str) -> GraphFiles:
    """Return the files of a network in `precision`, fp32 or int8.

    Raises:
        ConfigError: a part of the network cannot be exported.
    """
    if model.gate is not None:
        raise ConfigError("a run with document_context=carry cannot be exported to ONNX")
    tables = Graph()
    tables.add_output(tables.constant([GRAPH_FORMAT]), "format", INT64, (1,))
    graphs = EncoderGraph(model, tables, precision), StepGraph(model, tables, precision)
    encoder, step = (graph.build() for graph in graphs)
    tables.share_constants(step)  # the embeddings, if they are the output layer's weights too
    return GraphFiles(*(graph.to_bytes() for graph in (tables, encoder, step)))
