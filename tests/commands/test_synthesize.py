"""Pairs from one-sided text: sides, tags, noise, filters, references, and resuming."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from seq2seq.commands.synthesize import synthesize
from seq2seq.config.synthesis import NoiseOptions, SynthesizeConfig
from seq2seq.errors import ConfigError, TextError
from seq2seq.inference.confidence import mean_probability
from seq2seq.inference.decode import ScoredTranslation
from seq2seq.inference.loading import load_translator
from seq2seq.inference.pair_filters import PairFilters, most_similar
from seq2seq.inference.translator import Translator
from seq2seq.search.beam import Beam
from seq2seq.storage.partial import partial_path
from seq2seq.text.word_noise import BLANKED

FROZEN = Path(__file__).resolve().parent.parent / "frozen_runs" / "9491cbe" / "translation"
GREEDY = {"_target_": "seq2seq.search.greedy.Greedy"}
BEAM = {
    "_target_": "seq2seq.search.beam.Beam", "beam_size": 4, "length_penalty": 1.0,
    "coverage_penalty": 0.0, "n_best": 4,
}  # fmt: skip
LINES = ["Today Anna paints the door.", "", "Anna\tsees the cat."]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    shutil.copytree(FROZEN, tmp_path / "run")
    (tmp_path / "mono").write_text("".join(f"{line}\n" for line in LINES), encoding="utf-8")
    return tmp_path


def options(home: Path, **changed: object) -> SynthesizeConfig:
    given = {
        "run": str(home / "run"), "input": str(home / "mono"), "output": str(home / "out.tsv"),
        "search": GREEDY, "device": "cpu", "batch": 2, **changed,
    }  # fmt: skip
    return SynthesizeConfig(**given)  # type: ignore[arg-type]


def pairs(home: Path) -> list[list[str]]:
    return [line.split("\t") for line in (home / "out.tsv").read_text("utf-8").splitlines()]


def translations(home: Path) -> list[str]:
    return load_translator(home / "run", device="cpu").translate(LINES)


def test_the_translation_is_the_source_and_a_blank_line_no_pair(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    synthesize(options(home), home)

    made = translations(home)
    assert pairs(home) == [[made[0], LINES[0]], [made[2], "Anna sees the cat."]]
    assert "3 lines" in (printed := capsys.readouterr().err)
    assert printed.endswith("2 pairs, 1 blank\n")


def test_self_training_has_the_translation_as_target_in_a_file_of_its_own(home: Path) -> None:
    files = [str(home / "out.en"), str(home / "out.de")]
    synthesize(options(home, side="target", output=files), home)

    made = translations(home)
    assert (home / "out.en").read_text("utf-8").splitlines()[0] == LINES[0]
    assert (home / "out.de").read_text("utf-8").splitlines() == [made[0], made[2]]


def test_a_tag_and_noise_are_in_the_source_alone(home: Path) -> None:
    synthesize(options(home, tag="bt", noise=NoiseOptions(blank=0.99)), home)

    for source, target in pairs(home):
        assert source.startswith(f">>bt<< {BLANKED}")
        assert BLANKED not in target
    assert [target for _, target in pairs(home)] == [LINES[0], "Anna sees the cat."]


def test_of_several_translations_the_one_most_like_the_reference_is_taken(home: Path) -> None:
    wanted = load_translator(home / "run", Beam(4, 1.0, 4), device="cpu")
    best = [each[-1].text for each in wanted.hypotheses(LINES)]  # the last ones of the beam
    (home / "reference").write_text("".join(f"{line}\n" for line in best), encoding="utf-8")

    synthesize(options(home, search=BEAM, reference=str(home / "reference")), home)

    assert [source for source, _ in pairs(home)] == [best[0], best[2]]


def test_chrf_chooses_and_the_first_of_equals_wins() -> None:
    made = [ScoredTranslation(text, 0, 0, [], []) for text in ("no", "a cat", "a cat", "the cat")]

    assert most_similar(made, "a cat") is made[1]


def test_reasons_to_drop_a_pair_by_hand() -> None:
    sure = ScoredTranslation("gut", 0, -0.2, ["gut"], [-0.1, -0.1])  # e^-0.1 = 0.905
    unsure = sure._replace(logprob=-2.0)  # e^-1 = 0.368
    cut, again = sure._replace(has_eos=False), sure._replace(is_repetitive=True)
    empty = sure._replace(text=" ")

    reasons = PairFilters(threshold=0.5).reasons(
        ["a", "a", " ", "a", "a", "a"], [sure, unsure, sure, cut, again, empty]
    )

    assert mean_probability(unsure) == pytest.approx(0.3679, abs=1e-4)
    assert reasons == [
        *(None, "below the threshold", "blank", "cut off", "repetitive", "without a translation"),
    ]


def test_an_interrupted_synthesis_is_resumed_to_the_same_bytes(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "mono").write_text("".join(f"{line}\n" for line in LINES * 30), encoding="utf-8")
    changed = {"batch": 1, "tag": "bt", "noise": NoiseOptions(0.1, 0.1, 3)}
    synthesize(options(home, **changed), home)
    whole = (home / "out.tsv").read_bytes()
    (home / "out.tsv").unlink()
    calls, decode_units = [], Translator.decode_units

    def interrupted(*arguments: Any) -> Any:
        calls.append(1)
        if len(calls) == 50:
            raise KeyboardInterrupt
        return decode_units(*arguments)

    monkeypatch.setattr(Translator, "decode_units", interrupted)
    with pytest.raises(KeyboardInterrupt):
        synthesize(options(home, **changed), home)
    assert not (home / "out.tsv").exists()
    assert partial_path(home / "out.tsv").exists()
    monkeypatch.undo()

    synthesize(options(home, **changed), home)

    assert (home / "out.tsv").read_bytes() == whole
    assert not partial_path(home / "out.tsv").exists()


def test_a_run_of_the_same_direction_makes_no_round_trip(home: Path) -> None:
    with pytest.raises(ConfigError, match="round_trip must be a run from de to en"):
        synthesize(options(home, round_trip=str(home / "run")), home)


def test_a_round_trip_keeps_what_comes_back(home: Path) -> None:
    shutil.copytree(FROZEN, home / "back")
    facts = json.loads((home / "back" / "run.json").read_text("utf-8"))
    facts |= {"source": "de", "target": "en"}
    (home / "back" / "run.json").write_text(json.dumps(facts), encoding="utf-8")

    synthesize(options(home, round_trip=str(home / "back"), similarity=0), home)
    assert len(pairs(home)) == 2
    synthesize(options(home, round_trip=str(home / "back"), similarity=100), home)
    assert not pairs(home)


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"output": None}, ConfigError, r"output must be a \.tsv file, or a list of two files"),
        ({"output": "out.txt"}, ConfigError, r"output must be a \.tsv file"),
        ({"run": None}, ConfigError, "no value for run"),
        ({"reference": "mono"}, ConfigError, "reference chooses among several translations"),
        ({"input": "nowhere"}, TextError, "there is no file nowhere"),
        ({"classifier": str(FROZEN)}, Exception, "is a run of translation"),
    ],
)
def test_mistakes_are_told(
    home: Path, changed: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        synthesize(options(home, **changed), home)
    assert not (home / "out.tsv").exists()


def test_a_tag_is_a_word() -> None:
    with pytest.raises(ConfigError, match="tag must be up to 40 letters, digits, _ or -, not a b"):
        SynthesizeConfig(tag="a b")


def test_a_search_that_returns_several_translations_of_a_line_is_needed(home: Path) -> None:
    (home / "short").write_text("one\n", encoding="utf-8")
    with pytest.raises(TextError, match="short has 1 lines, and"):
        synthesize(options(home, search=BEAM, reference=str(home / "short")), home)
