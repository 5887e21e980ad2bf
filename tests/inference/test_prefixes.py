"""Target prefixes: each translation begins with the given one, whatever it is."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

import seq2seq
from seq2seq.config.training import LengthLimits
from seq2seq.errors import TextError
from seq2seq.inference.prefix_tokens import forced_tokens, piece_bytes
from seq2seq.inference.translator import Translator
from seq2seq.inference.units import Splitting, UnitPlanner
from seq2seq.search.beam import Beam
from seq2seq.search.greedy import Greedy
from seq2seq.search.interface import Search
from seq2seq.search.prefix import ForcedPrefix, ForcedTokens, PieceBytes
from seq2seq.search.sampling import Sampling
from seq2seq.text.prefixes import Prefix, PrefixedLine
from seq2seq.text.protection import protect
from seq2seq.text.spans.finding import find_spans
from seq2seq.text.spans.rules import SpanRules
from seq2seq.text.special_tokens import EOS, SYMBOLS
from seq2seq.text.tokenizer import ByteTokenizer, Tokenizer
from seq2seq.text.transforms import TextTransforms
from tests.inference.networks import toy_tokenizer
from tests.inference.test_forced_decoding import network

FROZEN = Path(__file__).parent.parent / "frozen_runs" / "9491cbe"
RULES = SpanRules()
SEARCHES: dict[str, Callable[[], Search]] = {
    "greedy": Greedy,
    "beam": lambda: Beam(beam_size=3, length_penalty=1.0, n_best=2),
    "sample": lambda: Sampling(temperature=1.0, top_k=5, top_p=0.9, samples=2, seed=3),
}
LINES = ["the dog sees", "Click <b>here</b> 35 {name}", "<b>", "no. " * 30, " a book ", "犬"]
ODD = ["", " ", "Der Hu", "der Hund ", "the the the the", "犬は", "<b>x</b>", "</b>", "35 Leu",
       "\u00a0x", "a\u0301", "x\r\ny", "\ue5a0", "\u2581", "{name", "<s>\0", "🦊🏽‍🚀"]  # fmt: skip
PREFIX = st.one_of(st.sampled_from(ODD), st.text(max_size=12))


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return toy_tokenizer()


@pytest.fixture(scope="module", params=["symbols", "bytes"])
def translator(request: pytest.FixtureRequest, tokenizer: Tokenizer) -> Translator:
    chosen = tokenizer if request.param == "symbols" else ByteTokenizer()
    planner = UnitPlanner(chosen, TextTransforms(), RULES, ("en", "de"), Splitting("auto", 12, 30))
    limits = LengthLimits(max_length_ratio=0.5, max_length_extra=3)
    return Translator(network(chosen), chosen, chosen, Greedy(), limits, 3, planner)


@pytest.mark.parametrize("name", SEARCHES)
@settings(max_examples=12, deadline=None)
@given(pairs=st.lists(st.tuples(st.sampled_from(LINES), PREFIX), max_size=5))
def test_translations_begin_with_their_prefix(
    translator: Translator, name: str, pairs: list[tuple[str, str]]
) -> None:
    translator.decoder.search = SEARCHES[name]()
    lines, prefixes = [pair[0] for pair in pairs], [pair[1] for pair in pairs]

    found = translator.translate(lines, prefixes=prefixes)

    plain = translator.translate(lines)
    for text, prefix, without in zip(found, prefixes, plain, strict=True):
        if TextTransforms()(prefix):
            assert text.startswith(" ".join(prefix.splitlines()))
        else:
            assert text == without
        assert not {"\n", "\r"} & set(text)


def test_spans_of_a_line_are_in_its_translation_once_with_a_prefix(tokenizer: Tokenizer) -> None:
    planner = UnitPlanner(
        tokenizer, TextTransforms(), RULES, ("en", "de"), Splitting("auto", 12, 30)
    )
    translator = Translator(
        network(tokenizer), tokenizer, tokenizer, Greedy(), LengthLimits(), 3, planner
    )

    [text] = translator.translate(["Click <b>here</b> {name}"], prefixes=["{name}: hier <b>kl"])

    assert text.startswith("{name}: hier <b>kl")
    assert [text.count(span) for span in ("<b>", "</b>", "{name}")] == [1, 1, 1]


def test_a_prefix_of_the_translation_itself_changes_nothing() -> None:
    translator = seq2seq.load(FROZEN / "translation_attention", device="cpu")
    lines = (FROZEN.parent / "corpus" / "test.en").read_text(encoding="utf-8").splitlines()[:12]
    plain = translator.translate(lines)

    words = [text[: text.find(" ", len(text) // 2)] for text in plain]
    again = translator.translate(lines, prefixes=[f"{text} " for text in words])

    same = sum(text == other for text, other in zip(plain, again, strict=True))
    assert all(text.startswith(f"{word} ") for text, word in zip(again, words, strict=True))
    assert same >= len(lines) // 2  # others were segmented in another way


def test_the_last_word_may_go_on_but_not_before_a_blank(tokenizer: Tokenizer) -> None:
    pieces = piece_bytes(tokenizer)
    planner = UnitPlanner(tokenizer, TextTransforms(), None, ("", ""), Splitting("off", 0, 30))

    def forced(prefix: str) -> ForcedTokens:
        [line] = planner.plan([PrefixedLine("a dog", prefix)])
        return forced_tokens(line.units[0], tokenizer, pieces)

    [ids] = tokenizer.encode(["Das ist"])
    assert forced("Das ist Hau") == ForcedTokens(ids, b" Hau")
    assert forced("Das ist ") == ForcedTokens(ids, b" ")
    assert forced("Hau") == ForcedTokens([], b" Hau")
    assert forced("") == ForcedTokens([], b"")


def mask(forced: ForcedPrefix, generated: Sequence[int]) -> list[int]:
    """Return the tokens that are possible next."""
    logits = torch.zeros(1, 1, len(PIECES))
    tokens = torch.tensor([[list(generated)]], dtype=torch.long)
    [[row]] = forced(logits, tokens, torch.tensor([0])).tolist()
    return [token for token, logit in enumerate(row) if logit != -math.inf]


#         0    1    2    3     4      5     6     7      8     9     10
PIECES = [b"", b"", b"", b"", b" d", b" de", b"e", b"er", b"s", b" ", b" des"]


def test_tokens_that_agree_with_the_prefix_are_possible() -> None:
    pieces = PieceBytes(PIECES, [False] * len(PIECES))
    forced = ForcedPrefix(pieces, [ForcedTokens([8], b" de")], [])

    assert mask(forced, []) == [8]
    assert mask(forced, [8]) == [4, 5, 9, 10]  # parts of " de", and what goes on from it
    assert mask(forced, [8, 4]) == [6, 7]
    for complete in ([8, 5], [8, 10], [8, 4, 7]):
        assert mask(forced, complete) == list(range(len(PIECES)))


def test_bytes_are_possible_where_no_piece_is() -> None:
    texts = [b"", b"\xc3", b"\xa4", b"a", "ä".encode()]
    is_byte = [False, True, True, False, False]

    assert PieceBytes(texts, is_byte).allowed("ä".encode()).tolist() == [0, 0, 0, 0, 1]
    without = PieceBytes(texts[:4], is_byte[:4])
    assert without.allowed("ä".encode()).tolist() == [0, 1, 0, 0]
    assert without.allowed(b"\xa4").tolist() == [0, 0, 1, 0]


def test_other_constraints_apply_behind_the_prefix() -> None:
    def no_d(logits: Tensor, generated: Tensor, sentences: Tensor) -> Tensor:
        del generated, sentences
        logits[..., [4, 5, EOS]] = -math.inf
        return logits

    pieces = PieceBytes(PIECES, [False] * len(PIECES))
    forced = ForcedPrefix(pieces, [ForcedTokens([5], b"")], [no_d])

    assert mask(forced, []) == [5]
    assert set(range(len(PIECES))) - set(mask(forced, [5])) == {4, 5, EOS}
    assert mask(forced, [5, 8]) == mask(forced, [5])  # behind the last step of any prefix


def test_spans_of_a_prefix_are_symbols_if_pairs_stay_nested() -> None:
    line = "Click <b>here</b> 3 {name}"
    protected = protect(line, find_spans(line, RULES))
    assert [span.text for span in protected.spans] == ["<b>", "</b>", "3", "{name}"]
    symbols = SYMBOLS[:4]

    def masked(text: str) -> str:
        return Prefix(text, text).masked(protected)

    assert masked("a <b>b</b>{name}") == f"a {symbols[0]}b{symbols[1]}{symbols[3]}"
    assert masked("</b> <b>") == f"</b> {symbols[0]}"
    assert masked("35 {nam") == "35 {nam"
    assert masked("35 3") == f"35 {symbols[2]}"


def test_prefixes_and_lines_must_match(translator: Translator) -> None:
    with pytest.raises(TextError, match="2 lines and 1 prefixes: one for each is needed"):
        translator.translate(["a", "b"], prefixes=["x"])


def test_a_row_of_an_interactive_input_has_its_prefix_behind_a_tab() -> None:
    row, plain = PrefixedLine.parse("a dog\tein H\tx"), PrefixedLine.parse("a dog")

    assert (row, row.prefix) == ("a dog", "ein H\tx")
    assert (plain, plain.prefix) == ("a dog", "")
