"""Choice between torch and ONNX Runtime for decoding, of a run or of an exported folder."""

import platform
from contextlib import suppress
from typing import NamedTuple

import torch

from seq2seq.config.commands import DecodingConfig
from seq2seq.errors import ConfigError, RunError
from seq2seq.hardware import has_vnni
from seq2seq.inference.engines.cuda_graphs import CudaGraphModel
from seq2seq.inference.engines.incremental import IncrementalModel
from seq2seq.inference.engines.onnx import OnnxModel
from seq2seq.inference.onnx.folder import read_graphs
from seq2seq.inference.onnx.packages import are_installed, require_packages
from seq2seq.inference.onnx.sessions import GraphFiles, Sessions, open_sessions
from seq2seq.model.encoder_decoder import EncoderDecoder
from seq2seq.run_folder import RunFolder
from seq2seq.storage.run_files import ONNX_PRECISIONS

INTEL_NAMES = ("x86_64", "AMD64", "i386", "i686")  # of processors, by platform.machine


class DecodingEngine(NamedTuple):
    """The library that computes the products of decoding, and their precision."""

    precision: str = DecodingConfig.precision  # fp32, bf16 or int8
    kind: str = DecodingConfig.engine  # torch, onnx, or auto: the faster one


def int8_is_exact() -> bool:
    """Return whether sums of int8 products do not overflow: x86 processors need VNNI for that."""
    return platform.machine() not in INTEL_NAMES or has_vnni()


def decoding_model(
    model: EncoderDecoder, engine: DecodingEngine
) -> IncrementalModel | CudaGraphModel | OnnxModel:
    """Return a network of torch with the steps of decoding made fast on its device.

    Args:
        model: the network.
        engine: of these, `auto` is ONNX Runtime where that is faster and the network can be
            exported, else torch.

    Raises:
        ConfigError: this machine does not have the precision or a package, or it is to be onnx and
            a part of the network cannot be exported.
    """
    device = next(model.parameters()).device.type
    precision, kind = engine
    if kind == "onnx":
        if device != "cpu":
            raise ConfigError(f"engine=onnx needs device=cpu, not {device}")
        return convert(model, precision)
    if kind == "auto" and device == "cpu" and is_faster(precision):
        with suppress(ConfigError):  # it cannot be exported
            return convert(model, precision)
    incremental = IncrementalModel(model, precision)
    return CudaGraphModel(incremental) if device == "cuda" else incremental


def convert(model: EncoderDecoder, precision: str) -> OnnxModel:
    """Return a network of torch for ONNX Runtime.

    Raises:
        ConfigError: a package is missing, or a part of the network cannot be exported.
    """
    require_packages()
    _require_precision(precision)
    from seq2seq.inference.onnx.export import export_graphs

    return _model(export_graphs(model, precision))


def is_faster(precision: str) -> bool:
    """Return whether ONNX Runtime is installed, and faster than torch on this processor."""
    return precision == "int8" and has_vnni() and are_installed()


def load_exported(folder: RunFolder, precision: str, vocab_size: int) -> OnnxModel:
    """Load the network of an exported folder.

    Args:
        folder: the folder.
        precision: fp32 or int8.
        vocab_size: of the target's tokenizer, which is in the folder too.

    Raises:
        ConfigError: a package is missing, or this machine does not have the precision.
        RunError: a file is missing or damaged, or the files do not belong together.
    """
    require_packages()
    _require_precision(precision)
    model = _model(read_graphs(folder, precision))
    if model.sessions.sizes.vocab_size != vocab_size:
        raise RunError(f"{folder.folder}: the graphs have another vocabulary than the tokenizer")
    return model


def _model(files: GraphFiles) -> OnnxModel:
    sessions: Sessions = open_sessions(files, torch.get_num_threads())
    return OnnxModel(sessions)


def _require_precision(precision: str) -> None:
    if precision not in ONNX_PRECISIONS:
        raise ConfigError(
            f"precision={precision}: ONNX Runtime has {' and '.join(ONNX_PRECISIONS)}"
        )
    if precision == "int8" and not int8_is_exact():
        raise ConfigError("precision=int8: this processor has no VNNI, which ONNX Runtime needs")
