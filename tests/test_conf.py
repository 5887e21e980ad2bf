"""Every file of conf/ and recipes/ composes, is checked, and builds."""

from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest
import torch
from hydra.utils import get_class

from seq2seq.builders import build_embedding, instantiate_node
from seq2seq.commands import compose
from seq2seq.commands.compose import recipe_names
from seq2seq.config.allowed_classes import shipped_targets
from seq2seq.config.commands import TranslateConfig
from seq2seq.config.paths import CONF_DIR, RECIPES_DIR
from seq2seq.config.task_options import UNUSED_OPTIONS
from seq2seq.config.training import TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.vision.backbones import ImageBackbone

GROUPS = [
    "model/cell", "model/attention", "model/bridge", "model/initial_state",
    "model/embedding", "model/vision",
    "optimizer", "schedule", "task", "tracker",
]  # fmt: skip
LANGUAGES = ["data.source=en", "data.target=de"]
# What a choice cannot be made without.
NEEDED = {
    "own": LANGUAGES,  # a recipe for any text
    "model/vision=efficientnet": ["task=captions"],
    "model/vision=features": ["task=captions", "model.vision.size=5", "model.vision.positions=4"],
}
DATA = {
    "tsv": ["data.train=a"],
    **{name: ["data.train=a"] for name in ("tmx", "xliff", "po")},
    "jsonl": ["data.train=a"],
    "parquet": ["data.train=a"],
    "huggingface": ["data.path=a/b"],
    "catalogues": ["data.package=a", "data.version='1'", "data.sha256=ab", "data.files=[x.po]"],
    "joined": ["+data.corpora={}"],
    "text": ["data.path=a"],
    "pydoc": [],
    "shapes": [],
    "images": ["data.path=a", "data.train=a", "data.language=en"],
    "image_dataset": ["data.path=a", "data.language=en"],
    "labelled": ["data.train=a"],
    "languages": [
        "data.package=a",
        "data.version='1'",
        "data.sha256=ab",
        "data.files=[x.po]",
        "data.codes=[en]",
    ],
}
# Of readers that are not for pairs of sentences, the task that they are for.
TASKS = {
    "text": "language_model",
    "pydoc": "language_model",
    "shapes": "captions",
    "images": "captions",
    "image_dataset": "captions",
    "labelled": "classification",
    "languages": "classification",
}


def options(group: str) -> list[str]:
    return sorted(path.stem for path in (CONF_DIR / group).glob("*.yaml"))


def train(*overrides: str) -> TrainConfig:
    return to_schema(compose.compose("train", list(overrides)), TrainConfig)


def is_translation(config: TrainConfig) -> bool:
    return str(config.task["_target_"]).endswith(".TranslationTask")


def decodes(config: TrainConfig) -> bool:
    """Return whether the task has a decoder that could attend."""
    return str(config.task["_target_"]).endswith((".TranslationTask", ".CaptioningTask"))


@pytest.mark.parametrize("recipe", recipe_names())
def test_every_recipe_composes_under_its_own_name(recipe: str) -> None:
    config = train(*NEEDED.get(recipe, []), f"+recipe={recipe}")

    assert config.name == recipe
    if is_translation(config) and recipe not in NEEDED:
        source, _, target = recipe.partition("-")
        assert (config.data["source"], config.data["target"]) == (source, target.split("-")[0])


@pytest.mark.parametrize("recipe", recipe_names())
def test_every_recipe_but_the_classic_ones_chooses_attention(recipe: str) -> None:
    config = train(*NEEDED.get(recipe, []), f"+recipe={recipe}")

    attends = not config.model.attention["_target_"].endswith(("NoAttention", "FixedContext"))
    assert attends == (decodes(config) and "classic" not in recipe)


@pytest.mark.parametrize(("group", "name"), [(g, n) for g in GROUPS for n in options(g)])
def test_every_choice_composes(group: str, name: str) -> None:
    config = train(*LANGUAGES, f"{group}={name}", *NEEDED.get(f"{group}={name}", []))

    node = attrgetter(group.replace("/", "."))(config)
    assert node["_target_"].startswith("seq2seq.")


@pytest.mark.parametrize("name", options("data"))
def test_every_reader_composes(name: str) -> None:
    languages = [] if name in TASKS else LANGUAGES
    task = f"task={TASKS.get(name, 'translation')}"
    config = train(task, f"data={name}", *languages, *DATA.get(name, []))

    assert config.data["_target_"].startswith("seq2seq.")


@pytest.mark.parametrize("name", options("search"))
def test_every_search_is_built(name: str) -> None:
    config = to_schema(compose.compose("translate", [f"search={name}"]), TranslateConfig)

    assert callable(instantiate_node("search", config.search))


@pytest.mark.parametrize("name", options("schedule"))
def test_every_schedule_gives_a_factor(name: str) -> None:
    schedule = instantiate_node("schedule", train(*LANGUAGES, f"schedule={name}").schedule)

    assert 0 < schedule(1, 0.0, []) <= 1


@pytest.mark.parametrize("name", options("model/embedding"))
def test_every_embedding_makes_a_vector_of_each_token(name: str) -> None:
    embedding = build_embedding(
        train(*LANGUAGES, f"model/embedding={name}", "model.embedding_size=6").model, 9
    )

    assert embedding(torch.tensor([[4, 8, 0]])).shape == (1, 3, 6)


@pytest.mark.parametrize(
    ("name", "stored"), [("cnn", torch.zeros(2, 64, 64, 3)), ("features", torch.zeros(2, 4, 5))]
)
def test_every_image_backbone_returns_the_positions_and_size_that_it_declares(
    name: str, stored: torch.Tensor
) -> None:
    choice = f"model/vision={name}"
    config = train(*LANGUAGES, choice, *NEEDED.get(choice, []))

    vision: ImageBackbone = instantiate_node("model.vision", config.model.vision)

    assert vision(stored).shape == (2, vision.positions, vision.size)


@pytest.mark.parametrize("name", options("task"))
def test_every_task_has_a_kind_and_a_list_of_options_that_it_does_not_use(name: str) -> None:
    target = train(*LANGUAGES, f"task={name}").task["_target_"]

    task: Any = get_class(target)
    assert isinstance(task.kind, str)
    assert target in UNUSED_OPTIONS


def test_the_options_that_a_task_does_not_use_are_of_shipped_tasks_and_exist() -> None:
    assert UNUSED_OPTIONS.keys() == shipped_targets("task").keys()
    config = train(*LANGUAGES)
    for unused in UNUSED_OPTIONS.values():
        assert len(set(unused)) == len(unused)
        for option in unused:
            attrgetter(option)(config)  # raises AttributeError where there is none


@pytest.mark.parametrize("name", options("tracker"))
def test_every_tracker_takes_numbers(name: str, tmp_path: Path) -> None:
    if name == "tensorboard":
        pytest.importorskip("tensorboard")
    tracker = instantiate_node(
        "tracker", train(*LANGUAGES, f"tracker={name}").tracker, {"folder": tmp_path}
    )

    tracker.log(1, {"train/loss": 2.5})

    assert bool(list(tmp_path.iterdir())) == (name != "none")


def test_the_default_is_the_classic_model_without_attention() -> None:
    assert train(*LANGUAGES).model.attention["_target_"].endswith("NoAttention")


@pytest.mark.parametrize(("name", "schema"), compose.SCHEMAS.items())
def test_every_command_composes(name: str, schema: type) -> None:
    overrides = LANGUAGES if name in ("train", "check") else []

    assert isinstance(to_schema(compose.compose(name, overrides), schema), schema)


def test_the_language_code_no_is_text_in_a_recipe(tmp_path: Path) -> None:
    (tmp_path / "recipe").mkdir()
    text = "# @package _global_\ndata: {source: 'no', target: en}\n"
    (tmp_path / "recipe" / "norwegian.yaml").write_text(text)

    config = train("+recipe=norwegian", f"hydra.searchpath=[file://{tmp_path}]")

    assert config.data["source"] == "no"


def test_every_yaml_file_begins_with_a_comment() -> None:
    files = [*CONF_DIR.rglob("*.yaml"), *RECIPES_DIR.rglob("*.yaml")]

    assert [str(f) for f in files if not f.read_text(encoding="utf-8").startswith("#")] == []
