"""The memory that options ask for is estimated before it is taken."""

import os
from pathlib import Path

import pytest

from seq2seq import builders
from seq2seq.commands import compose
from seq2seq.commands.compose import SCHEMAS
from seq2seq.config import machine, memory
from seq2seq.config.paths import cell_files
from seq2seq.config.training import TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.errors import ConfigError

LANGUAGES = ["data.source=en", "data.target=de"]
HUGE = ["model.encoder.size=65536", "model.encoder.layers=64", "model.decoder.size=131"]


def config_of(command: str, *overrides: str) -> TrainConfig:
    languages = LANGUAGES if command in ("train", "check") else []
    config: TrainConfig = to_schema(
        compose.compose(command, [*languages, *overrides]), SCHEMAS[command]
    )
    return config


def with_memory(monkeypatch: pytest.MonkeyPatch, size: int | None, gpu: bool = False) -> None:
    monkeypatch.setattr(memory, "machine_memory", lambda: size)
    monkeypatch.setattr(memory, "has_gpu_driver", lambda: gpu)


@pytest.mark.parametrize("cell", sorted(cell_files()))
@pytest.mark.parametrize("extra", [[], ["model.tie_output=false"], ["model.encoder.layers=3"]])
def test_the_weights_are_counted_to_a_tenth_below_those_of_the_network(
    cell: str, extra: list[str]
) -> None:
    words = [f"model/cell={cell}", "tokenizer.vocab_size=8000", "model/bridge=zeros", *extra]
    config = config_of("train", *words)
    with builders.on_meta_device():
        network = builders.build_translation(config.model, builders.VocabSizes(8000, 8000, True))
    weights = sum(weight.numel() for weight in network.parameters())

    assert 0.9 * weights < memory.count_weights(config) <= weights


def test_a_layer_of_a_gru_has_three_gates_over_its_input_and_its_state() -> None:
    node = {"_target_": "seq2seq.model.cells.rnn.GRU"}

    assert memory.cell_weights(node, inputs=10, size=4) == 3 * 4 * 10 + 3 * 4 * 4


@pytest.mark.parametrize("command", ["train", "check"])
def test_training_that_needs_more_than_the_machine_has_is_refused_with_both_sizes(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_memory(monkeypatch, 24 * 10**9)
    config = config_of(command, *HUGE)

    with pytest.raises(ConfigError) as refused:
        memory.require_memory(config)

    message = str(refused.value)
    assert message.startswith("model.encoder.size=65536 is too large: training needs about ")
    assert message.endswith(" GB, and this machine has 24")


def test_the_default_training_fits_a_machine_with_one_gigabyte(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_memory(monkeypatch, 10**9)
    config = config_of("train")

    memory.require_memory(config)

    assert 0 < memory.training_bytes(config) < 10**9


@pytest.mark.parametrize("recipe", compose.recipe_names())
def test_every_recipe_fits_a_machine_with_four_gigabytes(
    recipe: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_memory(monkeypatch, 4 * 10**9)

    languages = ["data.source=en", "data.target=de"] if recipe == "own" else []
    config = to_schema(compose.compose("train", [*languages, f"+recipe={recipe}"]), TrainConfig)

    memory.require_memory(config)

    assert 0 < memory.training_bytes(config) < 4 * 10**9


def test_of_a_network_on_a_gpu_only_the_weights_must_fit_the_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = config_of("train", "model.encoder.layers=4")
    weights, training = memory.weight_bytes(config), memory.training_bytes(config)
    assert weights < training

    with_memory(monkeypatch, weights, gpu=True)
    memory.require_memory(config)
    with_memory(monkeypatch, weights, gpu=False)
    with pytest.raises(ConfigError, match="training needs about"):
        memory.require_memory(config)


@pytest.mark.parametrize("command", ["translate", "evaluate", "caption"])
def test_a_beam_that_does_not_fit_the_memory_is_refused(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_memory(monkeypatch, 24 * 10**9)
    config = config_of(command, "search=beam", "search.beam_size=1000", "batch=100000")

    with pytest.raises(ConfigError, match=r"^batch=100000 is too large: decoding needs about \d+"):
        memory.require_memory(config)
    memory.require_memory(config_of(command, "search=beam"))


def test_the_states_of_a_fresh_cell_that_do_not_fit_the_memory_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_memory(monkeypatch, 24 * 10**9)
    config = config_of("inspect", "length=10000", "size=8192", "batch=10000")

    with pytest.raises(ConfigError, match=r"^batch=10000 is too large: a fresh cell needs about"):
        memory.require_memory(config)
    memory.require_memory(config_of("inspect"))


def test_weights_that_cannot_even_be_loaded_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with_memory(monkeypatch, 24 * 10**9)

    with pytest.raises(ConfigError, match="loading the network needs about"):
        memory.require_memory_to_load(config_of("train", *HUGE))
    memory.require_memory_to_load(config_of("train"))


def test_nothing_is_refused_where_the_memory_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    with_memory(monkeypatch, None)
    config = config_of("train", *HUGE)

    memory.require_memory(config)

    assert memory.training_bytes(config) > 24 * 10**9


def test_hypotheses_times_tokens_and_logits_are_the_memory_of_a_search() -> None:
    limits = config_of("train").limits  # 2 * 500 + 10 tokens at most

    needed = memory.decoding_bytes({"beam_size": 5}, limits, batch=3, vocab_size=100)

    assert needed == 3 * 5 * (1010 * 12 + 4 * 100)


def test_this_machine_has_some_memory() -> None:
    assert (machine.machine_memory() or 10**9) > 10**8


def test_without_sysconf_and_control_groups_the_memory_is_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(os, "sysconf", raising=False)
    monkeypatch.setattr(machine, "_container_limit", lambda: None)

    assert machine.machine_memory() is None


@pytest.mark.parametrize(
    ("groups", "files", "limit"),
    [
        ("0::/a/b\n", {"a/b/memory.max": "max", "a/memory.max": "2000"}, 2000),
        ("0::/\n", {"memory.max": "3000"}, 3000),
        ("4:memory:/x\n1:cpu:/\n", {"memory/x/memory.limit_in_bytes": "500"}, 500),
        ("4:memory:/x\n", {"memory/memory.limit_in_bytes": "700"}, 700),
        ("0::/\n", {}, None),
    ],
)
def test_the_limit_of_a_container_is_the_smallest_of_its_control_groups(
    groups: str, files: dict[str, str], limit: int | None, tmp_path: Path
) -> None:
    (tmp_path / "own").write_text(groups)
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    assert machine._container_limit(tmp_path, tmp_path / "own") == limit


def test_a_process_without_control_groups_has_no_limit(tmp_path: Path) -> None:
    assert machine._container_limit(tmp_path, tmp_path / "none") is None
