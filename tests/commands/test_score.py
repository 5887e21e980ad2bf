"""The command `score`: rows of given translations, ranked and filtered pairs."""

import json
import math
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from seq2seq.commands import score
from seq2seq.inference.loading import load_forced_decoder

FROZEN = Path(__file__).parent.parent / "frozen_runs" / "9491cbe"
SOURCES = ["Today Omar opens the door.", "Often\tOmar repairs the clock.", "", "a lamp", "clock"]
TARGETS = ["Heute öffnet Omar die Tür.", "die Tür die Tür die", "", "", "Uhr"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a run, one of the opposite direction, and pairs of lines."""
    made = tmp_path_factory.mktemp("score")
    shutil.copytree(FROZEN / "translation", made / "run")
    shutil.copytree(FROZEN / "translation_attention", made / "other")
    shutil.copytree(FROZEN / "translation_attention", made / "reverse")
    facts = json.loads((made / "reverse" / "run.json").read_text(encoding="utf-8"))
    facts["source"], facts["target"] = facts["target"], facts["source"]
    (made / "reverse" / "run.json").write_text(json.dumps(facts), encoding="utf-8")
    for name, lines in (("a.en", SOURCES), ("a.de", TARGETS), ("three.de", TARGETS[:3])):
        (made / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return made


@pytest.fixture(autouse=True)
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


def run(monkeypatch: pytest.MonkeyPatch, *options: str) -> None:
    words = {"run": "run=run", "source": "source=a.en", "target": "target=a.de"}
    words |= {option.partition("=")[0]: option for option in options}
    monkeypatch.setattr(sys, "argv", ["seq2seq-score", *words.values()])
    score.main()


def rows(name: str) -> list[dict[str, Any]]:
    lines = Path(name).read_text(encoding="utf-8").splitlines()
    if name.endswith(".jsonl"):
        return [json.loads(line) for line in lines]
    header, *others = [line.split("\t") for line in lines]
    return [dict(zip(header, cells, strict=True)) for cells in others]


def test_each_line_has_a_row_with_its_scores(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, "output=out.jsonl")

    expected = load_forced_decoder("run", device="cpu").score(SOURCES, TARGETS)
    found = rows("out.jsonl")
    assert [row["line"] for row in found] == [1, 2, 3, 4, 5]
    assert [row["source"] for row in found] == SOURCES
    assert [row["target"] for row in found] == TARGETS
    assert [row["tokens"] for row in found] == [scored.tokens for scored in expected]
    for row, scored in zip(found, expected, strict=True):
        assert row["logprobs"] == pytest.approx(scored.logprobs, rel=1e-5)
        assert row["logprob"] == pytest.approx(sum(row["logprobs"]), rel=1e-5)
    first = found[0]
    per_token = first["logprob"] / len(first["logprobs"])
    assert len(first["logprobs"]) == len(first["tokens"]) + 1  # with EOS
    assert first["logprob_per_token"] == pytest.approx(per_token, rel=1e-5)
    assert first["perplexity"] == pytest.approx(math.exp(-per_token), rel=1e-5)
    assert first["weight"] == pytest.approx(1 / first["perplexity"], rel=1e-5)
    total = [p for row in found for p in row["logprobs"]]
    of_all = math.exp(-sum(total) / len(total))
    assert f"5 lines, 5 kept, perplexity {of_all:.2f}, " in capsys.readouterr().err


def test_a_pair_with_a_blank_side_has_a_row_of_no_score(monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, "output=out.jsonl")
    run(monkeypatch, "output=out.tsv")

    for row in rows("out.jsonl")[2:4]:
        assert row["logprob"] == row["weight"] == 0
        assert row["tokens"] == row["logprobs"] == []
        assert row["perplexity"] is row["logprob_per_token"] is None
    for row in rows("out.tsv")[2:4]:
        assert (row["logprob"], row["tokens"], row["logprobs"]) == ("0.0", "0", "")
        assert row["perplexity"] == row["pieces"] == ""


def test_both_formats_hold_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, "output=out.jsonl", "reverse=reverse")
    run(monkeypatch, "output=out.tsv", "reverse=reverse")
    capsys.readouterr()
    run(monkeypatch, "reverse=reverse")

    assert capsys.readouterr().out == Path("out.tsv").read_text(encoding="utf-8")
    for one, other in zip(rows("out.jsonl"), rows("out.tsv"), strict=True):
        assert other["source"] == one["source"].replace("\t", " ")
        assert other["pieces"] == " ".join(one["tokens"])
        assert other["tokens"] == str(len(one["logprobs"]))
        assert other["logprobs"] == " ".join(map(str, one["logprobs"]))
        for name in ("weight", "logprob", "cross_entropy", "reverse_cross_entropy", "score"):
            assert other[name] == ("" if one[name] is None else str(one[name]))


@pytest.mark.parametrize("unit", ["word", "token"])
def test_the_dual_cross_entropy_is_of_both_directions(
    monkeypatch: pytest.MonkeyPatch, unit: str
) -> None:
    run(monkeypatch, "output=out.jsonl", "reverse=reverse", f"unit={unit}")

    row = rows("out.jsonl")[0]
    [backward] = load_forced_decoder("reverse", device="cpu").score(TARGETS[:1], SOURCES[:1])
    # Five words and EOS on each side.
    lengths = (6, 6) if unit == "word" else (len(row["logprobs"]), len(backward.logprobs))
    forward = -row["logprob"] / lengths[0]
    reverse = -backward.logprob / lengths[1]
    assert row["cross_entropy"] == pytest.approx(forward, rel=1e-5)
    assert row["reverse_cross_entropy"] == pytest.approx(reverse, rel=1e-5)
    assert row["score"] == pytest.approx(abs(forward - reverse) + (forward + reverse) / 2, rel=1e-5)
    assert row["weight"] == pytest.approx(math.exp(-row["score"]), rel=1e-5)
    assert rows("out.jsonl")[2]["score"] is None


def test_pairs_are_ranked_by_their_weight(monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, "output=out.jsonl")
    weights = [row["weight"] for row in rows("out.jsonl")]
    order = sorted(range(1, 6), key=lambda line: -weights[line - 1])

    run(monkeypatch, "output=sorted.jsonl", "sort=true", "pairs=[new.en,new.de]")

    assert order[-2:] == [3, 4]  # the blank ones, in their order
    assert [row["line"] for row in rows("sorted.jsonl")] == order
    for name, lines in (("new.en", SOURCES), ("new.de", TARGETS)):
        ranked = Path(name).read_text(encoding="utf-8").split("\n")
        assert ranked == [*(lines[line - 1] for line in order), ""]


def test_pairs_below_the_threshold_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, "output=out.jsonl")
    weights = {row["line"]: row["weight"] for row in rows("out.jsonl")}
    least = sorted(weights.values())[3]  # two are blank, one is below
    assert weights[1] >= least

    run(monkeypatch, f"threshold={least * 0.9999}", "output=kept.tsv", "pairs=kept_pairs.tsv")

    kept = [line for line, weight in weights.items() if weight >= least]
    assert len(kept) == 2
    assert [row["line"] for row in rows("kept.tsv")] == [str(line) for line in kept]
    expected = [
        f"{SOURCES[line - 1]}\t{TARGETS[line - 1]}".replace("Often\t", "Often ") for line in kept
    ]
    assert Path("kept_pairs.tsv").read_text(encoding="utf-8").splitlines() == expected


def test_several_runs_form_an_ensemble(monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, "output=one.jsonl")
    run(monkeypatch, "output=two.jsonl", "run=[run,run]")

    for one, two in zip(rows("one.jsonl"), rows("two.jsonl"), strict=True):
        assert one["logprobs"] == pytest.approx(two["logprobs"], abs=1e-5)


def test_no_pairs_give_no_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("none").touch()

    run(monkeypatch, "source=none", "target=none", "output=out.jsonl", "sort=true")

    assert rows("out.jsonl") == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["target=three.de"], "three.de has 3 lines, and a.en has 5: there must be one for each"),
        (["target=no"], "there is no file no"),
        (["source=."], ". is a folder, not a file"),
        (["output=out.txt"], "output must be a .tsv or .jsonl file, or -, not out.txt"),
        (["pairs=out.txt"], "pairs must be a .tsv file, or a list of two files, not out.txt"),
        (["pairs=[new,new]"], "pairs new is given twice: it would hold the second alone"),
        (
            ["reverse=other"],
            "reverse must be a run from de to en, the opposite of run=run, not other, which is "
            "from en to de",
        ),
        (["source=null"], "source and target: a file of lines and one of translations are needed"),
        (["run=null"], "no value for run: the folder of a trained model, run=runs/NAME/TIME"),
    ],
)
def test_a_mistake_is_one_line(
    monkeypatch: pytest.MonkeyPatch, options: list[str], message: str
) -> None:
    with pytest.raises(SystemExit) as stop:
        run(monkeypatch, *options)

    assert stop.value.code == f"seq2seq.score: {message}"
