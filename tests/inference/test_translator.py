"""The line promise and the neighbours promise, on text of every kind."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import seq2seq
from seq2seq.config.training import LengthLimits, TrainConfig
from seq2seq.errors import RunError, TextError
from seq2seq.inference.stored_batches import StoredBatches
from seq2seq.inference.translator import Translator
from seq2seq.inference.units import Splitting, UnitPlanner
from seq2seq.search.greedy import Greedy
from seq2seq.storage.partial import BatchResults
from seq2seq.text.normalization import normalize
from seq2seq.text.special_tokens import EOS
from seq2seq.text.tokenizer import ByteTokenizer, Tokenizer
from seq2seq.text.tokenizer_training import train_tokenizer
from seq2seq.text.transforms import TextTransforms
from seq2seq.training import train_model
from tests.inference import networks
from tests.inference.networks import LIMITS, random_network
from tests.search.searches import minimum_risk
from tests.toy_corpus import sentences, write_corpus

Compose = Callable[..., TrainConfig]

SEARCHES = {**networks.SEARCHES, "mbr": minimum_risk}
# A line of a file: anything but the end of a line; often blank, often with what breaks programs.
ODD = [
    "",
    " ",
    "\u2028",
    "\x85\x0b\x0c",
    "\0",
    "\ufeff",
    "🦊🏽‍🚀",
    "e\u0301",
    "\t",
    "▁",
    "<s>",
    "\u202e",
]
LINE = st.one_of(
    st.sampled_from([*ODD, "The dog sees the house today.", "x" * 300]),
    st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=30),
)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    lines = [side for pair in sentences() for side in pair]
    return train_tokenizer(lines, "unigram", 330, len(lines), len(lines) // 2).tokenizer


@pytest.fixture(scope="module", params=["none", "additive"])
def translator(request: pytest.FixtureRequest, tokenizer: Tokenizer) -> Translator:
    """Return a translator with random hypotheses."""
    model = random_network(tokenizer, request.param, 5)
    return Translator(model, tokenizer, tokenizer, Greedy(), LIMITS, batch=4)


@pytest.mark.parametrize("name", SEARCHES)
@settings(max_examples=40)
@given(lines=st.lists(LINE, max_size=12))
def test_n_lines_give_n_translations(translator: Translator, name: str, lines: list[str]) -> None:
    translator.decoder.search = SEARCHES[name]()

    found = translator.translate(lines)

    assert len(found) == len(lines)
    for line, text in zip(lines, found, strict=True):
        assert "\n" not in text
        assert "\r" not in text
        if not normalize(line):
            assert text == ""


@pytest.mark.parametrize("name", SEARCHES)
# The same examples each time: a number drawn within rounding of the border of two tokens may fall
# on either side of it, which about one run of thousands of draws sees.
@settings(max_examples=25, derandomize=True)
@given(lines=st.lists(LINE, min_size=1, max_size=9), batch=st.integers(1, 9))
def test_a_translation_does_not_depend_on_its_neighbours(
    translator: Translator, name: str, lines: list[str], batch: int
) -> None:
    translator.decoder.search = SEARCHES[name]()
    translator.batch = batch

    together = list(translator.hypotheses(lines))

    translator.batch = 1
    for number, (line, found) in enumerate(zip(lines, together, strict=True), 1):
        alone = next(translator.hypotheses([line], first=number))
        assert [scored.text for scored in alone] == [scored.text for scored in found]
        expected = [pytest.approx(s.logprob, rel=1e-5, abs=1e-4) for s in found]
        assert [s.logprob for s in alone] == expected


@pytest.mark.parametrize("name", SEARCHES)
@settings(max_examples=6, derandomize=True)
@given(
    lines=st.lists(LINE, min_size=1, max_size=9), batch=st.integers(1, 4), done=st.integers(0, 9)
)
def test_batches_that_were_stored_give_the_same_window(
    translator: Translator, name: str, lines: list[str], batch: int, done: int
) -> None:
    translator.decoder.search, translator.batch = SEARCHES[name](), batch
    kept: list[str] = []
    counts = translator.term_counts
    stored = StoredBatches([], lambda each: kept.append(json.dumps(each)), counts)
    whole = translator.translate_window(lines, stored=stored)
    more: list[object] = []
    recalled = (BatchResults(*json.loads(each)) for each in kept[:done])

    again = translator.translate_window(lines, stored=StoredBatches(recalled, more.append, counts))

    assert again == whole  # to the bit
    assert len(more) == max(0, len(kept) - done)


def test_a_model_that_never_ends_is_stopped_by_the_length_limit(
    translator: Translator,
) -> None:
    translator.decoder.search, translator.decoder.limits = (
        Greedy(),
        LengthLimits(max_length_ratio=2.0, max_length_extra=1),
    )

    def endless(state: object, last: torch.Tensor) -> tuple[torch.Tensor, object]:
        logits, state = step(state, last)
        return logits.index_fill(-1, torch.tensor([2]), -1e9), state  # END never comes

    step = translator.decoder.model.step
    lines = ["the dog", "the dog sees a book and the girl"]
    pieces = [len(ids) for ids in translator.source.encode(lines)]
    try:
        translator.decoder.model.step = endless
        found = [best[0] for best in translator.hypotheses(lines)]
    finally:
        translator.decoder.model.step = step
        translator.decoder.limits = LIMITS

    assert [len(best.tokens) for best in found] == [2 * count + 1 for count in pieces]


def test_a_line_that_is_too_long_is_translated_in_parts(
    translator: Translator, tokenizer: Tokenizer
) -> None:
    line = "the dog sees the house"
    planner = UnitPlanner(tokenizer, TextTransforms(), None, ("en", "de"), Splitting("off", 99, 5))

    units = planner.plan([line])[0].units

    assert len(units) > 1
    assert all(len(unit.ids) <= 5 for unit in units)
    assert "".join(unit.source + unit.blank_after for unit in units) == line
    parts = translator.translate([unit.source for unit in units])
    translator.planner, whole = planner, translator.planner
    try:
        [found] = translator.hypotheses([line])
    finally:
        translator.planner = whole
    blanks = [unit.blank_after for unit in units]
    assert found[0].text == "".join(p + b for p, b in zip(parts, blanks, strict=True))
    assert found[0].sentences == len(units)


def test_one_text_in_place_of_lines_is_refused(translator: Translator) -> None:
    with pytest.raises(TextError, match=r"such as \[text\]"):
        translator.translate("a text")


def test_lines_are_numbered_through_all_windows(translator: Translator) -> None:
    translator.decoder.search = SEARCHES["sample"]()
    translator.batch = 1  # a window of 64 lines
    lines = [source for source, _ in sentences()[:70]]

    found = translator.translate(lines)

    # The same line under the same number has the same random numbers.
    alone = next(translator.hypotheses([lines[69]], first=70))
    assert found[69] == alone[0].text


def test_samples_are_ranked_by_their_similarity_to_the_others(translator: Translator) -> None:
    translator.decoder.search = search = minimum_risk(samples=6)

    [found] = translator.hypotheses(["The dog sees the house today."])

    texts = [scored.text for scored in found]
    ranked = sorted(search.expected(texts), reverse=True)
    assert [scored.score for scored in found] == pytest.approx(ranked)
    assert len(set(texts)) > 1


def test_a_run_remembers_its_text_transforms(config: Compose, tmp_path: Path) -> None:
    write_corpus(tmp_path)
    options = [f"data.path={tmp_path}", "heldout.share=0.1", "train.steps=2"]
    chosen = config(*options, "tokenizer.transforms=[lowercase,normalize]")

    train_model.train_model(chosen, tmp_path / "run")

    translator = seq2seq.load(tmp_path / "run")
    lines = [pair[0] for pair in sentences()[:20]]
    upper = translator.translate([line.upper() for line in lines])
    assert upper == translator.translate([line.lower() for line in lines])
    assert translator.target.encode(["Ä"]) != translator.target.encode(["ä"])
    assert translator.planner.transforms.names == ["lowercase", "normalize"]
    train_model.train_model(config(*options), tmp_path / "default")
    with pytest.raises(RunError, match=r"vocabulary|tokenizer\.transforms"):
        seq2seq.load([tmp_path / "run", tmp_path / "default"])


@pytest.mark.parametrize(("source", "characters"), [("ab", 2), ("äß", 2), ("猫が", 2), ("🦊é", 2)])
def test_limits_on_the_length_of_bytes_count_characters(source: str, characters: int) -> None:
    tokenizer = ByteTokenizer()
    model = random_network(tokenizer, "none", 5)
    with torch.no_grad():
        model.output.linear.bias[EOS] = -1e9  # it never ends
    limits = LengthLimits(max_length_ratio=2.0, max_length_extra=1)
    translator = Translator(model, tokenizer, tokenizer, Greedy(), limits, batch=4, retries=False)

    [best] = next(iter(translator.hypotheses([source])))

    assert tokenizer.length(tokenizer.encode([source])[0]) == characters
    assert len(best.tokens) == 4 * (2 * characters + 1)  # a character has four bytes at most


def test_a_source_in_bytes_is_cut_by_its_characters() -> None:
    tokenizer = ByteTokenizer()
    planner = UnitPlanner(
        tokenizer, TextTransforms(), None, ("ja", "en"), Splitting("off", 0, max_length=6)
    )

    whole, cut = planner.plan(["猫が好きだ", "猫が好き、犬が好き"])

    assert len(whole.units) == 1  # five characters in fifteen bytes
    assert [unit.source for unit in cut.units] == ["猫が好き、", "犬が好き"]
