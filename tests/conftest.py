"""What many tests need: a fresh cache folder, and options as the program composes them."""

import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache as remembered
from pathlib import Path

import pytest
from hypothesis import settings

from seq2seq.commands import compose
from seq2seq.config.training import TrainConfig
from seq2seq.config.validation import to_schema

# A process for each core, as pytest starts them, has one thread; and a busy core is no failure.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# In the background of a script Ctrl-C is ignored, and what is started there would ignore it too.
signal.signal(signal.SIGINT, signal.default_int_handler)
settings.register_profile("shared", deadline=None, max_examples=40)
settings.load_profile("shared")

TINY = [
    "data.source=en",
    "data.target=de",
    "model.embedding_size=6",
    "model.encoder.size=4",
    "model.decoder.size=8",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what is slow: one core would wait for what the other has begun last."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(autouse=True)
def log_without_filters() -> None:
    """Remove the filters of commands that ran in this process: they pass each message once."""
    for name in logging.root.manager.loggerDict:
        if name.startswith("seq2seq"):
            logging.getLogger(name).filters.clear()


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder for each test."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("SEQ2SEQ_CACHE", str(folder))
    return folder


@pytest.fixture(autouse=True)
def denormals() -> Iterator[None]:
    """Training flushes denormal numbers in its process, which is ours: hypothesis wants them."""
    yield
    if "torch" in sys.modules:
        sys.modules["torch"].set_flush_denormal(False)


@pytest.fixture
def config() -> Callable[..., TrainConfig]:
    """The options of `train` with some overrides, by default those of a tiny model."""

    def compose(*overrides: str) -> TrainConfig:
        return deepcopy(_composed(overrides))

    return compose


@remembered
def _composed(overrides: tuple[str, ...]) -> TrainConfig:
    return to_schema(compose.compose("train", [*TINY, *overrides]), TrainConfig)
