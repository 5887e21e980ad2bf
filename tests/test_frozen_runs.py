"""Run folders that earlier commits made: they load, say what they said, and are gone on with.

tests/frozen_runs/COMMIT/NAME is a run folder and expected.json, what the code of that commit made
of it; tests/frozen_runs/corpus is what the runs were trained on. The run folders are never made
anew: that they stay as they are is the point.
"""

import hashlib
import json
import logging
import runpy
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

import seq2seq

# What options are called now, where expected.json has the name of 9491cbe; KEY or KEY=VALUE there.
RENAMED = {
    "model.embedding": "model.embedding_size",
    "model/input": "model/embedding",
    "model/initial": "model/initial_state",
    "model.tie_sides": "model.tie_source_target",
    "tokenizer.size": "tokenizer.vocab_size",
    "batches.pool": "batches.shuffle_pool",
    "train.average.every": "train.ema.interval",
    "train.average.decay": "train.ema.decay",
    "train.consistency": "train.rdrop_alpha",
    "train.log_every": "train.log_interval",
    "train.save_every": "train.save_interval",
    "search.size": "search.beam_size",
    "limits.ratio": "limits.max_length_ratio",
    "limits.extra": "limits.max_length_extra",
    "limits.source": "limits.max_source_length",
    "validation.every": "validation.interval",
    "track": "tracker",
    "context": "document_context",
    "model/cell=lstm_unbiased": "model/cell=lstm_zero_forget",
    "model/attention=summary": "model/attention=fixed_context",
}
# What commands are given, as they are called now. Options of training are in expected.json.
TRAIN = (
    "train",
    "hydra.run.dir={run}",
    "train.steps={steps}",
    "train.log_interval=1",
    "resume=true",
)
# What that commit did not do to lines. Blanks around a line are kept now, and not compared.
AS_THEN = ("split=off", "protect=false", "truecase=false", "retry_repetition=false")
HANDLING = seq2seq.LineHandling(split="off", protect=False, truecase=False, retry_repetition=False)
TRANSLATE = ("translate", "run={run}", "input={input}", "output={output}", *AS_THEN)
SCORES = "scores={scores}"
EVALUATE = ("evaluate", "run={run}", "bootstrap=0", "json={scores}", *AS_THEN)
CLASSIFY = ("classify", "run={run}", "input={input}", "output={output}")
GENERATE = ("generate", "run={run}")
CAPTION = ("caption", "run={run}", "images=corpus/pictures", "output={output}", "sheet=null",
           "attention=null", "limits.max_length_extra=16", "search={search}")  # fmt: skip
BEAM_OF_CAPTIONS = "search.beam_size=3"
COMMANDS = (TRAIN, TRANSLATE, EVALUATE, CLASSIFY, GENERATE, CAPTION)
# Where weights have other names now: a part of the name that they have now, and what it was then.
RENAMED_WEIGHTS: dict[str, str] = {}

FROZEN = Path(__file__).parent / "frozen_runs"
CLOSE = 2e-3  # how near figures are that another processor has computed
VARYING = ("seconds", "tokens_per_second", "memory_mb")  # of metrics.jsonl
# Of validations: tasks other than language models log it since later than these runs were made.
NEW_METRIC = "perplexity"

pytestmark = pytest.mark.slow


def folders(*kinds: str) -> list[Path]:
    """The frozen run folders whose expected.json has one of `kinds`."""
    found = sorted(FROZEN.glob("*/*/expected.json"))
    return [path.parent for path in found if any(kind in expected(path.parent) for kind in kinds)]


def expected(folder: Path) -> Any:
    return json.loads((folder / "expected.json").read_text(encoding="utf-8"))


def name_of(folder: Path) -> str:
    return f"{folder.parent.name}-{folder.name}"


def close_to(value: Any) -> Any:
    return pytest.approx(value, rel=CLOSE, abs=CLOSE)


def now(option: str) -> str:
    """An option of then as it is written now."""
    key, _, value = option.partition("=")
    return RENAMED.get(option, f"{RENAMED.get(key, key)}={value}")


def sha256(tensors: Mapping[str, Tensor]) -> str:
    """Of names and bytes, in the order of names."""
    found = hashlib.sha256()
    for name, value in sorted(tensors.items()):
        found.update(f"{name} {value.dtype} {list(value.shape)}\n".encode())
        found.update(value.contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return found.hexdigest()


def norms(tensors: Mapping[str, Tensor]) -> dict[str, float]:
    """How long each of the weights of a checkpoint is."""
    return {
        name: round(float(value.float().norm()), 5)
        for name, value in sorted(tensors.items())
        if name.startswith("model.")
    }


def told(metrics: Path, since: int) -> list[dict[str, Any]]:
    """The entries of a metrics.jsonl after the step `since`, without times."""
    entries = (json.loads(line) for line in metrics.read_text(encoding="utf-8").splitlines())
    return [
        {
            "learning_rate" if key == "rate" else key: value
            for key, value in entry.items()
            if key not in VARYING
        }
        for entry in entries
        if entry["step"] > since
    ]


def arithmetic() -> bytes:
    """The bits that this machine comes to where sums, products and functions are rounded.

    They are the same on two machines that would train to the same weights, and other ones, most
    likely, on two that would not.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    random = torch.Generator().manual_seed(1)

    def numbers(*shape: int) -> Tensor:
        return torch.rand(shape, generator=random) * 2 - 1

    cell, convolution, norm = nn.GRU(8, 16), nn.Conv2d(3, 8, 3), nn.LayerNorm(16)
    made = [*cell.parameters(), *convolution.parameters()]
    with torch.no_grad():
        for parameter in made:
            parameter.copy_(numbers(*parameter.shape))
    adam = torch.optim.AdamW(made, lr=0.03)
    for _ in range(4):
        said = norm(cell(numbers(7, 5, 8))[0]) @ numbers(16, 300)
        loss = -said.log_softmax(-1)[..., 3].mean() + said.softmax(-1).square().sum().sqrt()
        (loss + convolution(numbers(2, 3, 16, 16)).tanh().exp().mean()).backward()
        adam.step()
        adam.zero_grad()
    torch.set_num_threads(threads)
    return b"".join(p.detach().contiguous().numpy().tobytes() for p in made)


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """One thread, since sums of several are rounded otherwise; and nothing that commands change
    in their process stays.
    """
    threads, arguments = torch.get_num_threads(), sys.argv
    modules = {name: sys.modules.get(name) for name in (f"seq2seq.{line[0]}" for line in COMMANDS)}
    loggers = [logging.getLogger(name) for name in (None, "seq2seq")]
    before = [(each, each.handlers[:], each.level, each.propagate) for each in loggers]
    loud = logging.raiseExceptions
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    torch.set_flush_denormal(False)
    sys.argv = arguments
    sys.modules |= {name: module for name, module in modules.items() if module}
    logging.raiseExceptions = loud
    for logger, handlers, level, propagate in before:
        for handler in set(logger.handlers) - set(handlers):
            handler.close()
        logger.handlers[:], logger.propagate = handlers, propagate
        logger.setLevel(level)


def copied(folder: Path, to: Path) -> Path:
    """A run folder and the corpus, where nothing else is."""
    shutil.copytree(FROZEN / "corpus", to / "corpus")
    shutil.copytree(folder, to / "run")
    (to / "run" / "expected.json").unlink()
    return to


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: in it are `run` and `corpus`."""
    monkeypatch.chdir(copied(request.getfixturevalue("folder"), tmp_path))
    return tmp_path


def command(line: tuple[str, ...], *more: str, **values: object) -> None:
    """What `python -m seq2seq.NAME` does, here; `more` options come first, so that `line` wins."""
    name, *options = line
    sys.argv = [name, *more, *(option.format(run="run", **values) for option in options)]
    sys.modules.pop(f"seq2seq.{name}", None)  # runpy warns of a module that is there already
    runpy.run_module(f"seq2seq.{name}", run_name="__main__", alter_sys=True)


def lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").split("\n")[:-1]


@pytest.mark.parametrize("folder", folders("translate"), ids=name_of)
def test_a_run_folder_of_an_earlier_commit_translates_as_it_did(folder: Path, place: Path) -> None:
    wanted = expected(folder)

    found = seq2seq.load(place / "run", lines=HANDLING).translate(wanted["input"])

    assert stripped(found) == stripped(wanted["translate"]["greedy"])


@pytest.mark.parametrize("folder", folders("translate"), ids=name_of)
def test_its_beam_gives_the_same_hypotheses_with_the_same_scores(folder: Path, place: Path) -> None:
    wanted = expected(folder)
    beam = wanted["translate"]["beam"]
    (place / "in").write_text("".join(f"{x}\n" for x in wanted["input"]), encoding="utf-8")
    files = {"input": "in", "output": "out", "scores": "scores.jsonl"}

    command((*TRANSLATE, SCORES), *map(now, beam["options"]), **files)

    assert stripped(lines_of(place / "out")) == stripped(beam["output"])
    rows = [json.loads(line) for line in lines_of(place / "scores.jsonl")]
    assert len(rows) == len(beam["scores"])
    for row, before in zip(rows, beam["scores"], strict=True):
        assert " ".join(row["tokens"]) == before["tokens"]
        for key in ("line", "rank"):
            assert row[key] == before[key]
        assert row["translation"].strip() == before["translation"].strip()
        for key in ("score", "logprob"):
            assert row[key] == close_to(before[key])
        logprobs = [float(value) for value in before["logprobs"].split()]
        assert row["logprobs"] == close_to(logprobs)


@pytest.mark.parametrize("folder", folders("evaluate"), ids=name_of)
def test_its_own_test_text_has_the_same_scores(folder: Path, place: Path) -> None:
    command(EVALUATE, scores="scores.json")

    found = json.loads((place / "scores.json").read_text(encoding="utf-8"))["scores"]
    wanted = [(score["name"], score["value"]) for score in expected(folder)["evaluate"]]
    assert [score["name"] for score in found] == [name for name, _ in wanted]
    assert [s["value"] for s in found] == pytest.approx([value for _, value in wanted], abs=0.01)


@pytest.mark.parametrize("folder", folders("classify"), ids=name_of)
def test_a_run_folder_of_an_earlier_commit_classifies_as_it_did(folder: Path, place: Path) -> None:
    wanted = expected(folder)
    (place / "in").write_text("".join(f"{x}\n" for x in wanted["input"]), encoding="utf-8")

    command(CLASSIFY, input="in", output="out")

    for line, before in zip(lines_of(place / "out"), wanted["classify"], strict=True):
        label, _, probability = before.partition("\t")
        assert line.partition("\t")[0] == label
        if label:
            assert float(line.partition("\t")[2]) == close_to(float(probability))


@pytest.mark.parametrize("folder", folders("generate"), ids=name_of)
def test_a_run_folder_of_an_earlier_commit_continues_a_text_as_it_did(
    folder: Path, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for asked in expected(folder)["generate"]:
        capsys.readouterr()

        command(GENERATE, *map(now, asked["options"]))

        assert capsys.readouterr().out == asked["text"]
    assert place.is_dir()


@pytest.mark.parametrize("search", ["greedy", "beam"])
@pytest.mark.parametrize("folder", folders("caption"), ids=name_of)
def test_a_run_folder_of_an_earlier_commit_captions_as_it_did(
    folder: Path, place: Path, search: str
) -> None:
    more = [BEAM_OF_CAPTIONS] if search == "beam" else []

    command(CAPTION, *more, search=search, output="out")

    assert lines_of(place / "out") == expected(folder)["caption"][search]


@pytest.fixture(scope="module")
def resumed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Runs that were gone on with for some steps, each once, under the names of options of now."""
    found: dict[Path, Path] = {}

    def resume(folder: Path) -> Path:
        if folder not in found:
            home = copied(folder, tmp_path_factory.mktemp("resumed"))
            wanted = expected(folder)
            with pytest.MonkeyPatch.context() as patch:
                patch.chdir(home)
                patch.setenv("SEQ2SEQ_CACHE", str(home / "cache"))
                options = map(now, wanted["train"])
                command(TRAIN, *options, steps=wanted["resumed"]["steps"])
            found[folder] = home / "run"
        return found[folder]

    return resume


@pytest.mark.parametrize("folder", folders("resumed"), ids=name_of)
def test_training_resumes_in_it_under_the_current_option_names(
    folder: Path, resumed: Callable[[Path], Path]
) -> None:
    wanted = expected(folder)

    run = resumed(folder)

    found = told(run / "metrics.jsonl", wanted["steps"])
    before = wanted["resumed"]["metrics"]
    assert [(e["kind"], e["step"]) for e in found] == [(e["kind"], e["step"]) for e in before]
    for entry, earlier in zip(found, before, strict=True):
        for key, value in earlier.items():
            if key in ("loss", "perplexity", "rate"):
                assert entry[key] == close_to(value), key
    weights = norms(of_then(run / "last.safetensors"))
    assert weights == close_to(wanted["resumed"]["weights_norms"])


@pytest.mark.parametrize("folder", folders("resumed"), ids=name_of)
def test_a_resumed_run_has_the_weights_of_the_uninterrupted_one(
    folder: Path, resumed: Callable[[Path], Path]
) -> None:
    made = json.loads((folder.parent / "made_with.json").read_text(encoding="utf-8"))
    if hashlib.sha256(arithmetic()).hexdigest() != made["arithmetic_sha256"]:
        pytest.skip("this processor, or this torch, rounds otherwise than where the run was made")

    run = resumed(folder)

    found = {name: sha256(of_then(run / f"{name}.safetensors")) for name in ("last", "model")}
    wanted = expected(folder)["resumed"]
    assert found == wanted["weights_sha256"]
    metrics = told(run / "metrics.jsonl", expected(folder)["steps"])
    assert len(metrics) == len(wanted["metrics"])
    for entry, earlier in zip(metrics, wanted["metrics"], strict=True):
        if entry["kind"] == "validation" and NEW_METRIC not in earlier:
            del entry[NEW_METRIC]
        # Translations that repeat themselves are decoded again now: their scores are others, while
        # the weights are the same.
        assert without(entry, "bleu", "chrf") == without(earlier, "bleu", "chrf")


def stripped(lines: list[str]) -> list[str]:
    return [line.strip() for line in lines]


def without(entry: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name not in names}


def of_then(file: Path) -> dict[str, Tensor]:
    """Tensors by the names that they had."""
    found = load_file(file)
    for new, old in RENAMED_WEIGHTS.items():
        found = {name.replace(new, old): value for name, value in found.items()}
    return found
