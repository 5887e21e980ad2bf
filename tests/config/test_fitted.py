"""Options whose values are chosen from the text: which are open, and how they are set."""

import pytest

from seq2seq.commands import compose
from seq2seq.config.fitted import FITTED_OPTIONS, option_value, with_options
from seq2seq.config.training import TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.errors import ConfigError

LANGUAGES = ["data.source=en", "data.target=de"]


def train(*overrides: str) -> TrainConfig:
    return to_schema(compose.compose("train", [*LANGUAGES, *overrides]), TrainConfig)


def test_the_recipe_leaves_everything_open_that_the_rules_choose() -> None:
    assert sorted(train("+recipe=own").fitted) == sorted(FITTED_OPTIONS)
    assert train().fitted == []


def test_a_given_value_is_not_open_even_where_it_is_the_first_one() -> None:
    start = train("+recipe=own").model.dropout

    given = train("+recipe=own", f"model.dropout={start}", "optimizer.lr=0.01")

    assert set(FITTED_OPTIONS) - set(given.fitted) == {"model.dropout", "optimizer.lr"}
    assert given.model.dropout == start


def test_an_option_may_be_left_open_without_the_recipe() -> None:
    assert train("fitted=[model.dropout]").fitted == ["model.dropout"]
    with pytest.raises(ConfigError, match="fitted must be one of"):
        train("fitted=[model.residual]")


def test_other_tasks_have_no_open_options() -> None:
    words = ["task=language_model", "data=text", "data.path=a", "fitted=[model.dropout]"]
    with pytest.raises(ConfigError, match="fitted has no meaning with task=language_model"):
        to_schema(compose.compose("train", words), TrainConfig)


def test_options_are_set_by_name_in_dataclasses_and_nodes() -> None:
    before = train()
    values = {"optimizer.lr": 0.5, "train.ema.decay": 0.9, "model.decoder.size": 7, "name": "x"}

    after = with_options(before, values)

    assert {name: option_value(after, name) for name in values} == values
    assert option_value(before, "optimizer.lr") != 0.5
    assert with_options(after, {n: option_value(before, n) for n in values}) == before
    with pytest.raises(ConfigError, match=r"model\.dropout"):
        with_options(before, {"model.dropout": 2.0})
