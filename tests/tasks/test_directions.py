"""Runs of several languages: data, tags, held-out text, validation, and translation."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seq2seq
from seq2seq.config.training import TrainConfig
from seq2seq.data.corpus import Pair, ParallelCorpus
from seq2seq.data.readers.joined import joined
from seq2seq.data.tagged_pairs import pivot_language, tagged_pairs
from seq2seq.errors import ConfigError
from seq2seq.inference.directions import LanguageDirections
from seq2seq.run_folder import RunFolder
from seq2seq.tasks.translation_data import direction_weights
from seq2seq.text.source_tags import split_tags, tag_ids
from seq2seq.training.metric_logger import read_metrics
from seq2seq.training.train_model import train_model
from tests.processes import run_command
from tests.toy_corpus import sentences

READER = "seq2seq.data.readers.parallel.parallel"


def corpus(source: str, target: str, pairs: list[Pair]) -> ParallelCorpus:
    return ParallelCorpus({"train": pairs}, source, target, "free", {})


EN_DE = corpus("en", "de", [Pair("yes", "ja")])
EN_FR = corpus("en", "fr", [Pair("yes", "oui")])


def test_each_pair_has_the_tag_of_its_target_in_both_directions() -> None:
    made = joined({"d": EN_DE, "f": EN_FR}, {"f": 2}, "mul", "mul", both=True)

    assert [(p.tags, p.source, p.target, p.languages, p.weight) for p in made.splits["train"]] == [
        (">>de<<", "yes", "ja", "en de", 1),
        (">>en<<", "ja", "yes", "de en", 1),
        (">>fr<<", "yes", "oui", "en fr", 2),
        (">>en<<", "oui", "yes", "fr en", 2),
    ]
    assert made.directions == [("en", "de"), ("de", "en"), ("en", "fr"), ("fr", "en")]
    assert pivot_language(made.directions) == "en"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("en", "de"), r"data\.corpora\.f is en-fr, not en-de: for several languages"),
        (("de", "mul"), r"data\.corpora\.d is en-de, not de-mul"),
        (("en", "en", True), r"data\.both=true needs data\.source=mul"),
        (("mul", "mul", True, 0.5), r"data\.temperature must be from 1 to 100"),
    ],
)
def test_languages_that_do_not_fit_are_told(options: tuple[Any, ...], message: str) -> None:
    corpora = {"d": EN_DE, "f": EN_FR} if options[:2] != ("en", "en") else {}
    with pytest.raises(ConfigError, match=message):
        joined(corpora, None, *options)


def test_tags_of_known_words_are_apart_from_the_source() -> None:
    pairs = [Pair(">>bt<< Tag >>bt<<", "x"), Pair(">>no<< Tag", "x"), Pair("Tag", "x")]

    made = [(pair.tags, pair.source) for pair in tagged_pairs(pairs, ["bt"])]

    assert made == [(">>bt<<", "Tag >>bt<<"), ("", ">>no<< Tag"), ("", "Tag")]
    assert split_tags(">>de<<>>bt<< a", ["bt", "de"]) == (">>de<< >>bt<<", "a")


class _Column:
    def __init__(self, languages: list[str]) -> None:
        self.data = self
        self.languages = languages

    def column(self, _: str) -> "_Column":
        return self

    def to_pylist(self) -> list[str]:
        return self.languages


def test_a_temperature_raises_the_share_of_small_directions() -> None:
    pairs = _Column(["en de"] * 16 + ["en fr"])  # roots: 4 and 1, so 4/5 and 1/5 of 17

    weights = direction_weights(pairs, None, 2)

    assert weights is not None
    assert weights[:16].sum() == pytest.approx(13.6)
    assert weights[16] == pytest.approx(3.4)
    assert direction_weights(pairs, None, 1) is None


def test_a_direction_is_chosen_and_one_never_seen_is_zero_shot(
    caplog: pytest.LogCaptureFixture,
) -> None:
    directions = LanguageDirections([("en", "de"), ("de", "en"), ("fr", "en")], lambda _: None)  # type: ignore[arg-type,return-value]

    assert directions.choose("de", None) == ("en", "de")
    assert directions.choose("en", None) == ("", "en")
    assert directions.choose("en", "fr") == ("fr", "en")
    assert not caplog.records
    with caplog.at_level(logging.WARNING):
        assert directions.choose("de", "fr") == ("fr", "de")
    assert "zero-shot: the run has seen no pair of fr and de" in caplog.text
    with pytest.raises(ConfigError, match="target=ja is not known: the run translates into de, en"):
        directions.choose("ja", None)
    with pytest.raises(ConfigError, match="target is needed: the run translates into de, en"):
        directions.choose(None, None)
    with pytest.raises(ConfigError, match="source=ja is not known"):
        directions.choose("de", "ja")


def french(german: str) -> str:
    """Return a third language: German words with another end, in the opposite order."""
    return " ".join(f"{word.lower()}o" for word in german.rstrip(".").split()[::-1]) + " !"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("several")
    for language in ("de", "fr"):
        for side in ("en", language):
            lines = [p[0] if side == "en" else p[1] for p in sentences()]
            text = "".join(f"{french(x) if side == 'fr' else x}\n" for x in lines)
            (folder / f"{language}.{side}").write_text(text, encoding="utf-8")
    return folder


def options(home: Path) -> list[str]:
    nodes = [
        f"{code}:{{_target_:{READER},path:{home},train:{code},validation:null,test:null,"
        f"source:en,target:{code},licence:free,documents:false}}"
        for code in ("de", "fr")
    ]
    return [
        "data=joined", f"+data.corpora={{{','.join(nodes)}}}", "data.source=mul",
        "data.target=mul", "data.both=true", "data.temperature=2", "tokenizer.vocab_size=400",
        "train.steps=12", "validation.interval=6", "heldout.validation=40", "heldout.test=40",
        "augment.capitals=0.2", "tokenizer.sampling=0.1", "train.device=cpu",
    ]  # fmt: skip


@pytest.mark.slow
def test_a_run_of_several_languages_trains_and_translates_into_each(
    home: Path, config: Callable[..., TrainConfig], caplog: pytest.LogCaptureFixture
) -> None:
    run = RunFolder(home / "run")
    train_model(config(*options(home)), run.folder, options(home))

    facts = run.read_facts()
    assert [tuple(each) for each in facts["directions"]] == [
        ("en", "de"), ("de", "en"), ("en", "fr"), ("fr", "en"),
    ]  # fmt: skip
    validation = [e for e in read_metrics(run.metrics) if e["kind"] == "validation"][-1]
    of_each = [validation[f"bleu {name}"] for name in ("en-de", "de-en", "en-fr", "fr-en")]
    assert validation["bleu"] == pytest.approx(np.mean(of_each))
    assert sum("BLEU" in line for line in facts["scores"]) == 5

    tests = [json.loads(line) for line in run.test.read_text("utf-8").splitlines()]
    english = {
        each["source"] if each["languages"].startswith("en") else each["target"] for each in tests
    }
    assert len(tests) == 4 * len(english)  # each held-out sentence in all directions
    assert not any(">>" in each["source"] for each in tests)

    done = run_command(
        "evaluate", f"run={run.folder}", "direction=fr-en", "json=scores.json", folder=home
    )
    assert done.returncode == 0, done.stderr
    bleu, chrf = json.loads((home / "scores.json").read_text())["scores"][:2]
    assert f"fr-en: BLEU {bleu['value']:.1f}, chrF {chrf['value']:.1f}" in facts["scores"]
    done = run_command("evaluate", f"run={run.folder}", folder=home)
    assert "direction must be of the run, not None: en-de, de-en, en-fr, fr-en" in done.stderr

    (home / "one").write_text("A book.\n", encoding="utf-8")
    words = [f"run={run.folder}", "source=one", "target=one", "output=rows.jsonl"]
    logprobs = {}
    for direction in ("en-de", "en-fr"):
        scored = [f"direction={direction}", f"reverse={run.folder}"]
        done = run_command("score", *words, *scored, folder=home)
        assert done.returncode == 0, done.stderr
        logprobs[direction] = json.loads((home / "rows.jsonl").read_text())["logprob"]
    assert logprobs["en-de"] != logprobs["en-fr"]  # the tags differ
    done = run_command("score", *words, folder=home)
    assert "direction must be of the run, not None: en-de, de-en, en-fr, fr-en" in done.stderr

    translator = seq2seq.load(run.folder, device="cpu")
    assert tag_ids(translator.source, ">>de<< >>fr<<")
    with pytest.raises(ConfigError, match="target is needed: the run translates into de, en, fr"):
        translator.translate(["The dog sees a book today."])
    assert len(translator.translate(["The dog sees a book today.", ""], target="fr")) == 2
    [unit] = translator.planner.plan(["A book."])[0].units
    assert unit.ids[:1] == tag_ids(translator.source, ">>fr<<")
    assert translator.planner.languages == ("en", "fr")
    translator.translate(["a"], target="de", source="fr")
    assert "zero-shot" in caplog.text
