"""Options of earlier versions under their current names."""

from typing import Any

import pytest

from seq2seq.config.earlier import to_current_names

TASKS = "seq2seq.tasks"


@pytest.mark.parametrize(
    ("task", "validation"),
    [
        ({}, {"most": 5000}),  # the first versions had one task
        ({"task": {"_target_": f"{TASKS}.translation.TranslationTask"}}, {"most": 5000}),
        ({"task": {"_target_": f"{TASKS}.language_model.LanguageModelTask"}}, {}),
    ],
)
def test_the_cap_on_validation_text_has_its_name_where_it_has_a_meaning(
    task: dict[str, Any], validation: dict[str, int]
) -> None:
    assert to_current_names({**task, "validation": {"sentences": 5000}})["validation"] == validation


def test_runs_before_doubtful_pairs_dropped_none() -> None:
    assert to_current_names({"clean": {"copies": False}})["clean"] == {"copies": False, "drop": []}
    kept = to_current_names({"clean": {"drop": ["mojibake"]}})
    assert kept["clean"] == {"drop": ["mojibake"]}
