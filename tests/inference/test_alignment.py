"""Word alignments from attention."""

import json

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from seq2seq.errors import ConfigError, TextError
from seq2seq.inference import alignment as module
from seq2seq.inference.alignment import Alignment, word_weights
from seq2seq.inference.engines.ensemble import Ensemble
from seq2seq.inference.engines.incremental import IncrementalModel
from seq2seq.inference.forced_attention import attention_weights
from seq2seq.inference.translator import Translator
from seq2seq.inference.units import Splitting, UnitPlanner
from seq2seq.search.greedy import Greedy
from seq2seq.text.glossary import Glossary, Term
from seq2seq.text.spans.rules import SpanRules
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.text.transforms import TextTransforms
from seq2seq.text.words import find_words
from tests.inference.networks import LIMITS, random_network, toy_tokenizer

LINES = ["the dog sees {a b} now.", "", "  <b>a book</b>", "No. The cat likes 犬 bread. Water?",
         "{name} 😀 😀", "{n, plural, one {# dog} other {# dogs}}"]  # fmt: skip


@pytest.fixture(scope="module", params=["symbols", "no symbols"])
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    return toy_tokenizer(request.param == "symbols")


def make_translator(tokenizer: Tokenizer, attention: str = "additive") -> Translator:
    splitting = Splitting("always", 12, 40)
    planner = UnitPlanner(tokenizer, TextTransforms(), SpanRules(), ("en", "de"), splitting)
    model = random_network(tokenizer, attention, 5)
    return Translator(model, tokenizer, tokenizer, Greedy(), LIMITS, 4, planner)


def check(alignment: Alignment, source: str, target: str) -> None:
    assert alignment.source == [source[start:end] for start, end in find_words(source)]
    assert alignment.target == [target[start:end] for start, end in find_words(target)]
    assert alignment.weights.shape == (len(alignment.target), len(alignment.source))
    for row in alignment.weights.sum(1).tolist() if alignment.source else []:
        assert row == pytest.approx(1, abs=1e-4) or row == 0
    assert all(i < len(alignment.source) for i, _ in alignment.links())


def test_words_of_lines_and_of_their_translations_are_aligned(tokenizer: Tokenizer) -> None:
    translator = make_translator(tokenizer)
    translator.planner.glossary = Glossary([Term("cat", ("die liebe Katze",))])

    found = translator.align(LINES)

    targets = translator.translate(LINES)
    for line, target, alignment in zip(LINES[:-1], targets[:-1], found[:-1], strict=True):
        check(alignment, line, target)
    assert found[4].links() == [(0, 0), (1, 1), (2, 2)]  # copied
    assert (found[1].source, found[5].source) == ([], [])  # blank, and a message of ICU
    assert found[0].weights.any(1).all()


@settings(max_examples=20)
@given(line=st.one_of(st.text(max_size=30), st.lists(st.sampled_from(
    ["<b>", "</b>", "{a b}", "%s", "the dog", "No.", "犬", "**"])).map(" ".join)))  # fmt: skip
def test_any_line_has_an_alignment(tokenizer: Tokenizer, line: str) -> None:
    translator = make_translator(tokenizer)
    target = translator.translate([line])[0]

    (alignment,) = translator.align([line])

    if target:
        check(alignment, line, target)


def test_translations_have_no_alignment_unless_asked_for(tokenizer: Tokenizer) -> None:
    translator = make_translator(tokenizer)
    translator.align(LINES)

    assert [best[0].alignment for best in translator.hypotheses(LINES)] == [None] * len(LINES)


@pytest.mark.parametrize("attention", ["none", "fixed_context"])
def test_a_network_without_attention_is_refused(tokenizer: Tokenizer, attention: str) -> None:
    with pytest.raises(ConfigError, match="need attention"):
        make_translator(tokenizer, attention).align(["the dog"])


def test_one_text_is_refused(tokenizer: Tokenizer) -> None:
    with pytest.raises(TextError, match="lines"):
        make_translator(tokenizer).align("the dog")


def test_words_have_the_sum_of_source_tokens_and_the_mean_of_target_tokens() -> None:
    weights = torch.tensor([[0.5, 0.25, 0.25], [0.125, 0.125, 0.75], [0.0, 0.0, 1.0]])
    source = torch.tensor([[1.0, 0], [1, 0], [0, 1]])  # three tokens of two words
    target = torch.tensor([[1.0, 0], [1, 0], [0, 1]])

    assert word_weights(weights, source, target).tolist() == [[0.5, 0.5], [0, 1]]


def test_links_are_the_largest_weights_that_are_large_enough() -> None:
    weights = torch.tensor([[0.6, 0.4, 0.0], [0.3, 0.3, 0.4], [0.0, 0.0, 0.0]])
    alignment = Alignment(["a", "b", "c"], ["x", "y", "z"], weights)

    assert alignment.pharaoh() == "0-0 2-1"
    assert alignment.links(0.5) == [(0, 0)]
    assert alignment.links(0) == [(0, 0), (2, 1)]
    entry = json.loads(alignment.json())
    assert entry["weights"] == [[0.6, 0.4, 0.0], [0.3, 0.3, 0.4], [0.0, 0.0, 0.0]]
    assert (entry["source"], entry["target"]) == (["a", "b", "c"], ["x", "y", "z"])


def test_units_of_a_line_have_the_offsets_of_their_words(
    tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def first_token(
        model: object, source: tuple[Tensor, Tensor | None], targets: list[list[int]], _: object
    ) -> Tensor:
        del model
        weights = torch.zeros(len(targets), max(map(len, targets)), source[0].shape[1])
        weights[:, :, 0] = 1
        return weights

    translator = make_translator(tokenizer)
    monkeypatch.setattr(module, "attention_weights", first_token)
    line = "The dog sees. The cat likes. Water?"

    (alignment,) = translator.align([line])

    sources = {i for i, _ in alignment.links()}
    assert sources == {0, 3, 6}


def test_an_ensemble_has_the_mean_weights_of_its_networks(tokenizer: Tokenizer) -> None:
    networks = [random_network(tokenizer, name, 6) for name in ("additive", "general", "none")]
    ensemble = Ensemble([IncrementalModel(each, "fp32") for each in networks])
    source = torch.tensor(tokenizer.encode(["the dog sees"])), None
    targets = tokenizer.encode(["a book"])

    found = attention_weights(ensemble, source, targets)

    first, second = (attention_weights(each, source, targets) for each in networks[:2])
    torch.testing.assert_close(found, (first + second) / 2)
    assert found.shape == (1, len(targets[0]), source[0].shape[1])


def test_weights_of_a_padded_batch_are_those_of_each_sentence(tokenizer: Tokenizer) -> None:
    model = random_network(tokenizer, "general", 6)
    lines = tokenizer.encode(["the dog sees a book", "no"])
    source = torch.zeros(2, len(lines[0]), dtype=torch.long)
    for row, ids in enumerate(lines):
        source[row, : len(ids)] = torch.tensor(ids)
    lengths = torch.tensor([len(ids) for ids in lines])
    targets = tokenizer.encode(["a", "a book"])

    found = attention_weights(model, (source, lengths), targets)

    alone = attention_weights(model, (torch.tensor([lines[1]]), None), [targets[1]])
    torch.testing.assert_close(found[1:, :, : len(lines[1])], alone)
