"""Forced decoding: the log-probabilities are those of the network, step by step."""

import math
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from seq2seq.config.training import LengthLimits
from seq2seq.data.batches import collate
from seq2seq.errors import TextError
from seq2seq.inference import forced_decoding
from seq2seq.inference.forced_decoding import (
    DualCrossEntropy,
    ForcedDecoder,
    ForcedTranslation,
    label_logprobs,
)
from seq2seq.inference.loading import load_forced_decoder
from seq2seq.inference.translator import Translator
from seq2seq.model.encoder_decoder import EncoderDecoder
from seq2seq.search.greedy import Greedy
from seq2seq.text.protection import protect_pair
from seq2seq.text.spans.rules import SpanRules
from seq2seq.text.special_tokens import BOS, EOS, PAD, SYMBOLS, UNK
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.text.transforms import TextTransforms
from tests.inference.networks import random_network, toy_tokenizer
from tests.toy_corpus import sentences

FROZEN = Path(__file__).parent.parent / "frozen_runs" / "9491cbe"
SOURCES = ["the dog", "The girl sees the house today.", "a book", "", "no", "the dog " * 9]
TARGETS = ["der Hund", "Das Mädchen sieht heute das Haus.", "", "ein Buch", "犬", "der Hund " * 8]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return toy_tokenizer()


def network(tokenizer: Tokenizer, seed: int = 5, attention: str = "additive") -> EncoderDecoder:
    """Return a network of two layers that was never trained."""
    layers = ("model.encoder.layers=2", "model.decoder.layers=2")
    return random_network(tokenizer, attention, seed, *layers, scale=3)


def decoder(
    tokenizer: Tokenizer,
    models: Sequence[EncoderDecoder],
    rules: SpanRules | None = None,
    batch: int = 8,
) -> ForcedDecoder:
    return ForcedDecoder(models, tokenizer, tokenizer, TextTransforms(), rules, batch)


@torch.no_grad()
def by_steps(
    model: EncoderDecoder, source: Sequence[int], target: Sequence[int]
) -> list[torch.Tensor]:
    """Return the log-probabilities (V,) after each token, with `step`, and nothing in a batch."""
    state = model.init_decoding(torch.tensor([source]), None)
    distributions = []
    for token in [BOS, *target]:
        logits, state = model.step(state, torch.tensor([[token]]))
        distributions.append(logits[0, 0].log_softmax(-1))
    return distributions


@pytest.mark.parametrize("attention", ["none", "additive", "dot", "fixed_context"])
def test_logprobs_are_those_of_the_steps_of_the_network(
    tokenizer: Tokenizer, attention: str
) -> None:
    model = network(tokenizer, attention=attention)

    scored = decoder(tokenizer, [model]).score(SOURCES, TARGETS)

    for source, target, translation in zip(SOURCES, TARGETS, scored, strict=True):
        if not (source and target):
            assert translation == ForcedTranslation([], [], 0)
            continue
        ids = tokenizer.encode([source.strip(), target.strip()])
        steps = by_steps(model, *ids)
        expected = [float(p[label]) for p, label in zip(steps, [*ids[1], EOS], strict=True)]
        assert translation.logprobs == pytest.approx(expected, abs=1e-5)
        assert translation.tokens == [tokenizer.piece(token) for token in ids[1]]


def test_scores_do_not_depend_on_the_batch(tokenizer: Tokenizer) -> None:
    model = network(tokenizer)
    pairs = [*sentences()[:30], *zip(SOURCES, TARGETS, strict=True)]
    sources, targets = [pair[0] for pair in pairs], [pair[1] for pair in pairs]

    alone, together = (
        decoder(tokenizer, [model], batch=batch).score(sources, targets) for batch in (1, 8)
    )

    for one, other in zip(alone, together, strict=True):
        assert one.tokens == other.tokens
        assert one.logprobs == pytest.approx(other.logprobs, abs=1e-4)


def test_probabilities_of_an_ensemble_are_averaged(tokenizer: Tokenizer) -> None:
    models = [network(tokenizer, seed) for seed in (5, 6)]
    source, target = SOURCES[1], TARGETS[1]

    [averaged] = decoder(tokenizer, models).score([source], [target])

    each = [decoder(tokenizer, [model]).score([source], [target])[0].logprobs for model in models]
    means = [(math.exp(p) + math.exp(q)) / 2 for p, q in zip(*each, strict=True)]
    assert [math.exp(p) for p in averaged.logprobs] == pytest.approx(means, abs=1e-6)


def test_a_long_pair_is_scored_in_parts_and_in_full(
    tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = network(tokenizer)
    batch = collate([[7, 8, 9, 10], [11, 12]], [list(range(20, 45)), [5, 6, 7]])
    at_once = label_logprobs(model, batch)

    monkeypatch.setattr(forced_decoding, "MAX_ATTENDED", 24)  # parts of 3 of 26 positions
    monkeypatch.setattr(forced_decoding, "MAX_LOGITS", 1)

    assert len(at_once) == 26 + 4
    torch.testing.assert_close(label_logprobs(model, batch), at_once)
    [long] = decoder(tokenizer, [model]).score(["dog " * 700], ["Hund " * 900])
    assert long.tokens == [
        tokenizer.piece(i) for i in tokenizer.encode(["Hund " * 899 + "Hund"])[0]
    ]


def test_batches_are_bounded_by_their_positions(
    tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forced_decoding, "MAX_POSITIONS", 20)
    forced = decoder(tokenizer, [network(tokenizer)])
    lengths = [(5, 4), (30, 1), (2, 2), (0, 3), (3, 8), (5, 4), (1, 0)]

    batches = list(forced._batches([[7] * s for s, _ in lengths], [[7] * t for _, t in lengths]))

    # With EOS: 30 + 2 alone; (5 + 5) and (5 + 5) are 20; (3 + 9) and (2 + 3) would be 24.
    assert batches == [[1], [0, 5], [4], [2]]


def test_a_greedy_translation_has_the_score_that_the_search_gave_it() -> None:
    forced = load_forced_decoder(FROZEN / "translation_attention", device="cpu")
    [model] = forced.models
    with torch.no_grad():  # tokens that the search masks; their probability is that of others
        model.output.linear.bias[[PAD, BOS, UNK]] = -1e4
    translator = Translator(
        model, forced.source, forced.target, Greedy(), LengthLimits(), 4, retries=False
    )
    sources = (FROZEN.parent / "corpus" / "test.en").read_text(encoding="utf-8").splitlines()[:60]

    best = [hypotheses[0] for hypotheses in translator.hypotheses(sources)]

    scored = forced.score(sources, [each.text for each in best])
    same = [
        (translation, each)
        for translation, each in zip(scored, best, strict=True)
        if each.has_eos and translation.tokens == each.tokens  # a text has many segmentations
    ]
    assert len(same) >= 3
    for translation, each in same:
        # The search masks EOS as the first token too, whose probability is small here.
        assert translation.logprobs[0] == pytest.approx(each.logprobs[0], abs=1e-3)
        assert translation.logprobs[1:] == pytest.approx(each.logprobs[1:], abs=1e-4)
        assert translation.logprob == pytest.approx(each.logprob, abs=1e-3)


def test_spans_that_both_sides_share_are_symbols_as_in_training(tokenizer: Tokenizer) -> None:
    rules, models = SpanRules(), [network(tokenizer)]
    source, target = "the dog {name} 7", "der Hund {name} 8"

    [scored] = decoder(tokenizer, models, rules).score([source], [target])

    pair = protect_pair(source, target, rules)
    [plain] = decoder(tokenizer, models).score([pair[0]], [pair[1]])
    assert sum(token in SYMBOLS for token in scored.tokens) == 1
    assert scored.logprobs == pytest.approx(plain.logprobs, abs=1e-5)
    assert scored.logprob != decoder(tokenizer, models).score([source], [target])[0].logprob


def test_lines_are_transformed_as_in_training(tokenizer: Tokenizer) -> None:
    forced = decoder(tokenizer, [network(tokenizer)])
    forced.transforms = TextTransforms(["lowercase", "normalize"])

    upper, lower = forced.score(["THE  DOG", "the dog"], ["Der\tHund", "der hund"])

    assert upper.logprobs == pytest.approx(lower.logprobs, abs=1e-5)


def test_perplexity_and_cross_entropy_by_hand() -> None:
    logprobs = [math.log(1 / 2), math.log(1 / 4), math.log(1 / 8)]
    scored = ForcedTranslation(["a", "b"], logprobs, words=2)

    assert scored.logprob == pytest.approx(math.log(1 / 64))
    assert scored.perplexity == pytest.approx(4)  # the third root of 64
    assert scored.cross_entropy("token") == pytest.approx(math.log(4))
    assert scored.cross_entropy("word") == pytest.approx(math.log(8))  # (1 / 2) log 64
    assert ForcedTranslation([], [], 0).logprob == 0
    assert ForcedTranslation([], [], 0).perplexity == math.inf


def test_dual_cross_entropy_by_hand() -> None:
    dual = DualCrossEntropy(2.0, 0.5)

    assert dual.score == pytest.approx(2.75)  # 1.5 + 2.5 / 2
    assert dual.weight == pytest.approx(math.exp(-2.75))
    assert DualCrossEntropy(1.25, 1.25).score == pytest.approx(1.25)  # both alike
    assert DualCrossEntropy(0.0, 0.0).weight == 1
    assert DualCrossEntropy(math.inf, math.inf).weight == 0


def test_words_are_separated_by_blanks_and_the_end_is_one(tokenizer: Tokenizer) -> None:
    [scored] = decoder(tokenizer, [network(tokenizer)]).score(["the dog"], [" der  kleine Hund "])

    assert scored.words == 4


def test_sides_that_do_not_match_are_refused(tokenizer: Tokenizer) -> None:
    forced = decoder(tokenizer, [network(tokenizer)])

    with pytest.raises(TextError, match="2 sources and 1 targets"):
        forced.score(["a", "b"], ["a"])
    with pytest.raises(TextError, match=r"such as \[text\]"):
        forced.score("a", ["a"])
    assert forced.score([], []) == []
