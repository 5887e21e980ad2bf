"""Model cards of each kind of task, from facts whose lines are worked by hand."""

from pathlib import Path
from typing import Any

import pytest

from seq2seq.training.model_card import citation, cost, limits, model_card, with_folder
from seq2seq.training.task import FinalReport

USE = {
    "translation model": "python -m seq2seq.translate run=THIS_FOLDER input=FILE output=FILE",
    "captioning model": "python -m seq2seq.caption run=THIS_FOLDER images=FILE",
    "classifier": "python -m seq2seq.classify run=THIS_FOLDER input=FILE output=FILE",
    "language model": 'python -m seq2seq.generate run=THIS_FOLDER prompt="The" length=500',
}
SCORES = {
    "translation model": "BLEU = 31.20 [30.10, 32.30]  nrefs:1|bs:1000",
    "captioning model": "exact match: 18.6%",
    "classifier": "accuracy 92.10% on 8,221 lines",
    "language model": "the model: 1.488 bits a character, perplexity 2.80 a token",
}
SUBJECTS = {
    "translation model": "en to de",
    "captioning model": "pictures to en",
    "classifier": "26 labels",
    "language model": "90 different tokens",
}
TABLE = """\
| | chrF | source | reference | translation |
|---|---:|---|---|---|
| worst | 0 | a | b | c |"""


def facts_of(kind: str) -> dict[str, Any]:
    return {
        "name": "small run", "kind": kind, "subject": SUBJECTS[kind], "parameters": 1_234_567,
        "licence": "CC BY 4.0", "origin": {"train.en": "abc1", "train.de": "def2"},
        "test": "150 sentences",
        "ended": "train.steps=60 are done; the weights of step 40 are kept",
        "device": "cpu", "threads": 2, "precision": "fp32", "seconds": 90.0, "year": 2026,
        "versions": {"seq2seq": "1.2.3", "python": "3.11.7"},
    }  # fmt: skip


def card_of(kind: str, table: str = "") -> str:
    report = FinalReport([SCORES[kind], "a baseline: 1"], ["one\ntwo", "three"], USE[kind], table)
    return model_card(
        facts_of(kind), "read   100\nkept    90", "train:\n  steps: 60\n", report, False
    )


def section(card: str, title: str) -> str:
    """Return the text of a section, without its title."""
    [text] = [part for part in card.split("\n## ") if part.startswith(f"{title}\n")]
    return text.removeprefix(title).strip()


@pytest.mark.parametrize("kind", USE)
def test_the_card_of_each_task_has_its_title_use_and_scores(kind: str) -> None:
    card = card_of(kind)

    assert card.startswith(
        f"# small run: {SUBJECTS[kind]}\n\n"
        f"A recurrent {kind} with 1,234,567 parameters, trained with seq2seq.\n\n## How to use it\n"
    )
    assert section(card, "How to use it") == f"```\n{USE[kind]}\n```"
    assert section(card, "Scores on the held-out test data") == (
        f"- {SCORES[kind]}\n- a baseline: 1\n\nThe test data, 150 sentences, is in this folder."
    )
    assert f"the quality of this {kind} on such text is unknown" in section(card, "Limits")


def test_the_sections_are_in_the_order_of_a_model_card() -> None:
    card = card_of("translation model", TABLE)

    titles = [line.removeprefix("## ") for line in card.splitlines() if line.startswith("## ")]
    assert titles == [
        "How to use it", "Data", "Limits", "Scores on the held-out test data",
        "Worst and median examples", "Held-out samples", "Training", "How to cite it",
        "Software and options",
    ]  # fmt: skip


def test_data_are_named_with_licence_fingerprints_and_counts() -> None:
    assert section(card_of("classifier"), "Data") == (
        "Licence: CC BY 4.0. The files that were read, with their fingerprints:\n\n"
        "- `train.en`: abc1\n- `train.de`: def2\n\n```\nread   100\nkept    90\n```"
    )


def test_the_table_of_examples_is_there_only_for_tasks_that_have_one() -> None:
    assert section(card_of("translation model", TABLE), "Worst and median examples") == TABLE
    assert "Worst and median" not in card_of("language model")


@pytest.mark.parametrize(
    ("test", "is_noted"),
    [("99 sentences", True), ("1 lines, test.tsv", True), ("100 sentences", False),
     ("1,000 lines, test.tsv", False), ("50 characters", False)],
)  # fmt: skip
def test_few_test_examples_are_noted(test: str, is_noted: bool) -> None:
    report = FinalReport(["a score"], ["sample"], "command")

    card = model_card({**facts_of("classifier"), "test": test}, "", "", report, False)

    assert ("Scores of fewer than 100 examples say little" in card) == is_noted


def test_how_sure_the_network_is_is_in_the_card_where_it_was_measured() -> None:
    report = FinalReport(["a score"], ["sample"], "command", confidence="- error: 0.02")

    assert "## How sure it is\n\n- error: 0.02\n\n![" in model_card(
        facts_of("classifier"), "", "", report, False
    )
    without = model_card(facts_of("classifier"), "", "", report._replace(confidence=""), False)
    assert "confidence.png" not in without


def test_the_plot_of_attention_is_in_the_card_where_there_is_one() -> None:
    report = FinalReport(["a score"], ["sample"], "command")

    cards = [model_card(facts_of("classifier"), "", "", report, has) for has in (False, True)]

    assert ["](attention.png)" in card for card in cards] == [False, True]


def test_one_thread_is_singular() -> None:
    assert ", 1 processor thread, in" in cost({**facts_of("classifier"), "threads": 1})


def test_each_sample_is_a_block_of_its_own() -> None:
    samples = section(card_of("language model"), "Held-out samples")

    assert samples == "```\none\ntwo\n```\n\n```\nthree\n```"


def test_training_ends_with_its_reason_cost_and_curves() -> None:
    assert section(card_of("classifier"), "Training") == (
        "train.steps=60 are done; the weights of step 40 are kept.\n\n"
        "Cost: 1.5 minutes on cpu, 2 processor threads, in fp32.\n\n"
        "![Loss, score and learning rate over steps](curves.png)"
    )


def test_software_and_options_end_the_card() -> None:
    card = card_of("classifier")

    assert card.endswith(
        "## Software and options\n\nseq2seq 1.2.3, python 3.11.7\n\n"
        "```yaml\ntrain:\n  steps: 60\n```\n"
    )


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "1.5 minutes on cpu, 2 processor threads, in fp32."),  # 90 s / 60
        ({"device": "cuda", "precision": "bf16"}, "1.5 minutes on cuda, in bf16."),
        ({"seconds": 3.0}, "0.1 minutes on cpu, 2 processor threads, in fp32."),  # 0.05, rounded
        ({"threads": None, "precision": None}, "1.5 minutes on cpu."),  # of an earlier version
    ],
)
def test_the_cost_is_in_minutes_with_device_and_threads(changes: Any, text: str) -> None:
    assert cost(facts_of("classifier") | changes) == text


def test_a_run_without_seconds_has_no_recorded_cost() -> None:
    assert cost({"device": "cpu"}) == "The time was not recorded."


def test_the_citation_is_a_bibtex_entry() -> None:
    assert citation(facts_of("language model")) == (
        "@misc{small-run-2026,\n"
        "  title = {small run: 90 different tokens, a recurrent language model},\n"
        "  year = {2026},\n"
        "  note = {Trained with seq2seq 1.2.3}\n"
        "}"
    )
    nameless = facts_of("language model") | {"name": "??"}
    assert citation(nameless).startswith("@misc{model-2026,")


@pytest.mark.parametrize("reader", ["catalogues", "languages"])
def test_the_limits_of_catalogue_data_name_texts_of_programs(reader: str) -> None:
    text = limits({"kind": "translation model"}, f"_target_: seq2seq.data.readers.{reader}.read")

    assert text.startswith("The data are the texts of program interfaces")


def test_commands_name_the_folder_quoted_for_a_shell() -> None:
    commands = with_folder("run=THIS_FOLDER input=FILE\nimages=THIS_FOLDER/x", Path("/runs/my run"))

    assert commands.splitlines() == ["'run=/runs/my run' input=FILE", "'images=/runs/my run/x'"]
