"""A worker process: reads batches from standard input, and writes their results.

The server starts it. It ends when the server has closed its input, and so with the server.
"""

import gc
import os
import signal
import sys
from typing import Any, BinaryIO

from omegaconf import OmegaConf

from seq2seq.config.serving import ServeConfig
from seq2seq.config.validation import to_schema
from seq2seq.errors import UserError
from seq2seq.server.messages import LineJob, LineOptions, encode, read_message

LOAD_ERRORS = (UserError, OSError, RecursionError, MemoryError)


def run_worker() -> None:
    """Load the runs that the first message names, describe them, and translate batches."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: the server ends the process
    results = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no result
    requests = sys.stdin.buffer
    options = read_message(requests)
    if options is None:
        return
    try:
        engine = load_engine(options)
        send(results, {"runs": engine.describe()})
    except LOAD_ERRORS as error:
        send(results, {"error": str(error) or type(error).__name__})
        return
    gc.freeze()  # of what is loaded nothing becomes garbage: no request waits for a look at it
    while (batch := read_message(requests)) is not None:
        jobs = [LineJob(text, prefix) for text, prefix in batch["lines"]]
        send(results, engine.translate(LineOptions.of(batch["options"]), jobs))


def load_engine(options: Any) -> Any:
    """Return the engine of a configuration that came as plain data."""
    from seq2seq.server.engine import Engine  # imports torch

    return Engine(to_schema(OmegaConf.create(options), ServeConfig))


def send(stream: BinaryIO, message: Any) -> None:
    """Write a message at once."""
    stream.write(encode(message))
    stream.flush()
