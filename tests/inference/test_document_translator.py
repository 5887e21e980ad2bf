"""Translation in documents: what came before in the document counts, and nothing else does."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import seq2seq
from seq2seq.commands import compose
from seq2seq.config.training import TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.data.batches import pad
from seq2seq.errors import RunError
from seq2seq.inference.decode import ScoredTranslation
from seq2seq.inference.document_translator import DocumentTranslator
from seq2seq.inference.engines.ensemble import Ensemble
from seq2seq.inference.engines.incremental import IncrementalModel
from seq2seq.model.encoder_decoder import EncoderDecoder
from seq2seq.run_folder import HeldOutPair, RunFolder
from seq2seq.search.beam import Beam
from seq2seq.search.greedy import Greedy
from seq2seq.search.interface import Search
from seq2seq.search.logit_processors import mask_special_tokens
from seq2seq.text.special_tokens import BOS
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.text.tokenizer_training import train_tokenizer
from tests.inference.networks import LIMITS, random_network
from tests.processes import start_command
from tests.search.searches import minimum_risk
from tests.toy_corpus import sentences

SEARCHES: dict[str, Callable[[], Search]] = {
    "greedy": Greedy,
    "beam": lambda: Beam(beam_size=3, length_penalty=1.0, n_best=2),
    "mbr": minimum_risk,
}
TEXT = [source for source, _ in sentences()]
LINES = st.lists(st.sampled_from(["", "\u2028", *TEXT[:6], "x" * 40]), max_size=6)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    lines = [side for pair in sentences() for side in pair]
    return train_tokenizer(lines, "unigram", 330, len(lines), len(lines) // 2).tokenizer


def options(*more: str) -> TrainConfig:
    chosen = ["data.source=en", "data.target=de", "model.embedding_size=8", "model.encoder.size=6",
              "model.decoder.size=12", "model/attention=general",
              "document_context=carry"]  # fmt: skip
    return to_schema(compose.compose("train", [*chosen, *more]), TrainConfig)


def network(tokenizer: Tokenizer, seed: int, *more: str) -> EncoderDecoder:
    return random_network(tokenizer, "general", seed, "document_context=carry", *more)


@pytest.fixture(scope="module", params=["plain", "quick", "several"])
def translator(request: pytest.FixtureRequest, tokenizer: Tokenizer) -> DocumentTranslator:
    """A network that was never trained, or several."""
    one = network(tokenizer, 5)
    model: EncoderDecoder | IncrementalModel | Ensemble = one
    if request.param != "plain":
        model = quick = IncrementalModel(one, "fp32")
    if request.param == "several":
        model = Ensemble([quick, IncrementalModel(network(tokenizer, 6), "fp32")])
    return DocumentTranslator(model, tokenizer, tokenizer, Greedy(), LIMITS, batch=4)


@pytest.mark.parametrize("name", ["greedy", "beam"])
@settings(max_examples=5)
@given(documents=st.lists(LINES, min_size=1, max_size=3), batch=st.integers(1, 5))
def test_a_document_is_translated_alone_as_among_others(
    translator: DocumentTranslator, name: str, documents: list[list[str]], batch: int
) -> None:
    translator.decoder.search, translator.batch = SEARCHES[name](), batch
    together = [line for document in documents for line in ["", *document]]

    found = translator.translate(together)

    assert len(found) == len(together)
    translator.batch = 1
    alone = [text for document in documents for text in ["", *translator.translate(document)]]
    assert found == alone


@pytest.mark.parametrize("name", SEARCHES)
def test_a_line_takes_the_state_of_the_line_before_it_unless_that_is_blank(
    translator: DocumentTranslator, name: str
) -> None:
    translator.decoder.search, translator.batch = SEARCHES[name](), 4
    line, other, third = TEXT[:3]

    first = [next(translator.hypotheses([line], number)) for number in (1, 2, 4)]
    found = list(translator.hypotheses([line, line, "", line, other, line], 1))

    assert found[0][0].logprobs == pytest.approx(first[0][0].logprobs, abs=1e-4)
    assert found[0][0].logprobs != pytest.approx(found[1][0].logprobs, abs=1e-4)  # a second time
    assert found[2][0].text == ""
    if name != "mbr":  # whose random numbers are those of the line's number
        assert found[3][0].text == found[0][0].text
    assert found[5][0].logprobs != pytest.approx(found[3][0].logprobs, abs=1e-4)
    after = list(translator.hypotheses([line, line, "", line, third, line], 1))
    assert found[5][0].logprobs != pytest.approx(after[5][0].logprobs, abs=1e-4)


def test_states_are_carried_as_in_training(tokenizer: Tokenizer) -> None:
    model = network(tokenizer, 5)
    translator = DocumentTranslator(
        model, tokenizer, tokenizer, Greedy(), LIMITS, batch=3, retries=False
    )
    before = None

    for found, ids in zip(translator.hypotheses(TEXT[:4]), tokenizer.encode(TEXT[:4]), strict=True):
        source, lengths = pad([ids])
        target = torch.tensor([[BOS, *tokenizer.ids(found[0].tokens)]])
        read = model.encode(source, lengths, before)
        decoded = model.decoder(target, read.state, read.memory)
        logits = model.output(decoded.features)[0].detach()
        mask_special_tokens(logits[:1], first=True)
        logp = mask_special_tokens(logits, first=False).log_softmax(-1)
        tokens = [*target[0, 1:].tolist(), 2][: len(found[0].logprobs)]
        expected = [float(row[token]) for row, token in zip(logp, tokens, strict=False)]
        assert found[0].logprobs == pytest.approx(expected, abs=1e-4)
        before = model.final_states(read.final, decoded.state)


@settings(max_examples=6)
@given(
    lines=LINES, sizes=st.lists(st.integers(0, 4), max_size=3), name=st.sampled_from([*SEARCHES])
)
def test_the_state_is_passed_from_window_to_window_and_not_from_file_to_file(
    translator: DocumentTranslator, lines: list[str], sizes: list[int], name: str
) -> None:
    translator.decoder.search, translator.batch = SEARCHES[name](), 4
    whole = translator.translate_window(lines).hypotheses

    parts: list[list[ScoredTranslation]] = []
    state = None
    for size in [*sizes, len(lines)]:
        window = lines[len(parts) : len(parts) + size]
        found, state = translator.translate_window(window, len(parts) + 1, state=state)
        parts += found
    again = translator.translate_window(lines).hypotheses

    texts = [[best[0].text for best in each] for each in (whole, parts, again)]
    assert texts[1] == texts[0]
    assert texts[2] == texts[0]  # another file begins anew


def test_document_names_separate_documents_as_blank_lines_do(
    translator: DocumentTranslator,
) -> None:
    translator.decoder.search, translator.batch = Greedy(), 4
    named = ["a", "a", "b", "a", "a", None, None]

    found = translator.translate(TEXT[:7], named)

    parted = [*TEXT[:2], "", TEXT[2], "", *TEXT[3:5], "", TEXT[5], "", TEXT[6]]
    assert found == [text for text in translator.translate(parted) if text]
    assert found != translator.translate(TEXT[:7])


@pytest.fixture
def folder(tmp_path: Path, tokenizer: Tokenizer) -> Path:
    made = RunFolder(tmp_path / "run")
    made.folder.mkdir()
    made.write_config(options())
    made.write_tokenizers(tokenizer, tokenizer)
    made.write_facts({"source": "en", "target": "de"})
    made.write_test(
        [
            HeldOutPair(TEXT[0], "x", "a"),
            HeldOutPair(TEXT[1], "y", "a"),
            HeldOutPair(TEXT[2], "z", "b"),
        ]
    )
    made.write_model(network(tokenizer, 5))
    return made.folder


def test_the_state_is_carried_from_line_to_line_of_a_pipe(folder: Path) -> None:
    lines = [TEXT[0], TEXT[1], "", TEXT[1]]
    expected = seq2seq.load(folder).translate(lines)
    process = start_command("translate", f"run={folder}", folder=folder)
    assert process.stdin
    assert process.stdout

    found = []
    for line in lines:  # each is answered before the next is there
        process.stdin.write(f"{line}\n")
        process.stdin.flush()
        found.append(process.stdout.readline().removesuffix("\n"))
    process.communicate(timeout=60)

    assert found == expected
    assert found[1] != found[3]


def test_a_run_keeps_the_documents_of_its_test_text(folder: Path) -> None:
    pairs = RunFolder(folder).read_test()

    assert [pair.document for pair in pairs] == ["a", "a", "b"]
    assert '"document"' in RunFolder(folder).test.read_text(encoding="utf-8")
    RunFolder(folder).write_test([HeldOutPair("one", "two")])
    assert '"document"' not in RunFolder(folder).test.read_text(encoding="utf-8")


def test_runs_with_and_without_document_context_form_no_ensemble(
    folder: Path, tmp_path: Path, tokenizer: Tokenizer
) -> None:
    other = RunFolder(tmp_path / "other")
    other.folder.mkdir()
    other.write_config(options("document_context=none"))
    other.write_tokenizers(tokenizer, tokenizer)
    other.write_model(network(tokenizer, 5, "document_context=none"))

    with pytest.raises(RunError, match=r"other was trained with document_context=none"):
        seq2seq.load([folder, other.folder])
    assert seq2seq.load([folder, folder]).translate(TEXT[:3]) == seq2seq.load(folder).translate(
        TEXT[:3]
    )


def test_texts_of_a_document_do_not_depend_on_those_before_them(tmp_path: Path) -> None:
    frozen = Path(__file__).parent.parent / "frozen_runs" / "9491cbe" / "documents"
    translator = seq2seq.load(frozen, device="cpu")
    lines = ["Today Omar opens the door.", "Lena sells the old boat."]
    (tmp_path / "a.json").write_text(json.dumps(lines))

    seq2seq.translate_document(translator, tmp_path / "a.json", tmp_path / "b.json")

    alone = [translator.translate([line])[0] for line in lines]
    assert json.loads((tmp_path / "b.json").read_text()) == alone
    assert translator.translate(lines) != alone
