"""Model card, the README.md of a run folder: use, data, limits, scores, cost.

The order is that of Mitchell et al. (2019), https://arxiv.org/abs/1810.03993.
"""

import re
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Any

import seq2seq
from seq2seq.config.literals import quote_argument
from seq2seq.storage.visible import visible
from seq2seq.training.task import FinalReport

ATTENTION_PLOT = "![Attention weights for held-out examples](attention.png)"
RELIABILITY_PLOT = "![Shares that are right over probabilities](confidence.png)"
FEW_EXAMPLES = 100  # of test data: fewer have a confidence interval of many points
PACKAGES = ("torch", "sentencepiece", "sacrebleu", "datasets", "hydra-core")


def package_versions() -> dict[str, str]:
    """Return the versions of this program, of Python and of the libraries."""
    ours = {"seq2seq": seq2seq.__version__, "python": python_version()}
    return ours | {name: version(name) for name in PACKAGES}


def with_folder(commands: str, folder: Path) -> str:
    """Return `commands` with `folder` instead of THIS_FOLDER, quoted for a shell."""
    words = (
        quote_argument(word.replace("THIS_FOLDER", str(folder))) if "THIS_FOLDER" in word else word
        for word in re.split(r"(\s+)", commands)
    )
    return "".join(words)


def limits(facts: Mapping[str, Any], config: str) -> str:
    """Return the limits of the model: unsuitable text, in one or two sentences."""
    if ".catalogues" in config or ".languages" in config:
        return (
            "The data are the texts of program interfaces: menus, messages, error lines. "
            "The model will not translate novels, news or conversations."
        )
    return (
        "The model is for text of the kind that it was trained on. On other text its output may "
        f"read well and be wrong; the quality of this {facts['kind']} on such text is unknown."
    )


def cost(facts: Mapping[str, Any]) -> str:
    """Return the time of training, the device with its threads, and the precision."""
    if "seconds" not in facts:
        return "The time was not recorded."
    minutes = facts["seconds"] / 60
    threads = facts.get("threads")  # absent in runs of earlier versions, like the precision
    plural = "" if threads == 1 else "s"
    cores = f", {threads} processor thread{plural}" if threads and facts["device"] == "cpu" else ""
    precision = f", in {facts['precision']}" if facts.get("precision") else ""
    return f"{minutes:.1f} minutes on {facts['device']}{cores}{precision}."


def citation(facts: Mapping[str, Any]) -> str:
    """Return a BibTeX entry of the model."""
    key = re.sub(r"[^A-Za-z0-9]+", "-", str(facts["name"])).strip("-") or "model"
    year = facts.get("year", "n.d.")
    number = facts["versions"]["seq2seq"]
    return (
        f"@misc{{{key}-{year},\n"
        f"  title = {{{facts['name']}: {facts['subject']}, a recurrent {facts['kind']}}},\n"
        f"  year = {{{year}}},\n"
        f"  note = {{Trained with seq2seq {number}}}\n}}"
    )


def model_card(
    facts: Mapping[str, Any], table: str, config: str, report: FinalReport, has_attention: bool
) -> str:
    """Return the model card, as Markdown.

    Args:
        facts: the content of run.json.
        table: the numbers of examples that cleaning dropped, by reason.
        config: the resolved options, as YAML.
        report: scores, samples and commands.
        has_attention: whether the run folder has a plot of attention weights.
    """
    kind, parameters = facts["kind"], facts["parameters"]
    software = ", ".join(f"{name} {number}" for name, number in facts["versions"].items())
    sections = [
        f"# {facts['name']}: {facts['subject']}",
        f"A recurrent {kind} with {parameters:,} parameters, trained with seq2seq.",
        f"## How to use it\n\n{_code_block(report.commands)}",
        _data_section(facts, table),
        *_lineage_section(facts),
        f"## Limits\n\n{limits(facts, config)}",
        *_score_sections(facts, report),
        *(
            [f"## How sure it is\n\n{report.confidence}\n\n{RELIABILITY_PLOT}"]
            if report.confidence
            else []
        ),
        *([ATTENTION_PLOT] if has_attention else []),
        _training_section(facts),
        f"## How to cite it\n\n{_code_block(citation(facts))}",
        f"## Software and options\n\n{software}\n\n{_code_block(config.strip(), 'yaml')}",
    ]
    return visible("\n\n".join(sections) + "\n")


def _code_block(text: str, language: str = "") -> str:
    """Return a fenced block of Markdown."""
    return f"```{language}\n{text}\n```"


def _data_section(facts: Mapping[str, Any], table: str) -> str:
    """Return licence, sources with their fingerprints, and counts of the data."""
    origin = "\n".join(
        f"- `{name}`: {fingerprint}" for name, fingerprint in facts["origin"].items()
    )
    licence = f"Licence: {facts['licence']}. The files that were read, with their fingerprints:"
    return f"## Data\n\n{licence}\n\n{origin}\n\n{_code_block(table)}"


def _lineage_section(facts: Mapping[str, Any]) -> list[str]:
    """Return the runs that the weights come from, the nearest first, if there are any."""
    ancestors = "\n".join(
        f"- {run['name']}: {run['subject']}; licence of its data: {run['licence']}; weights "
        f"{run['weights']}"
        for run in facts.get("lineage", [])
    )
    introduction = (
        "Training began with the weights of the first of these runs, and that of each with the"
    )
    return [f"## Lineage\n\n{introduction} next.\n\n{ancestors}"] if ancestors else []


def _score_sections(facts: Mapping[str, Any], report: FinalReport) -> list[str]:
    """Return scores, the table of examples if there is one, and samples of the test data."""
    scores = "\n".join(f"- {score}" for score in report.scores)
    samples = "\n\n".join(_code_block(sample) for sample in report.samples)
    examples = f"## Worst and median examples\n\n{report.table}"
    return [
        f"## Scores on the held-out test data\n\n{scores}",
        f"The test data, {facts['test']}, is in this folder.{_note_of_few(facts['test'])}",
        *([examples] if report.table else []),
        f"## Held-out samples\n\n{samples}",
    ]


def _note_of_few(test: str) -> str:
    """Return a note if the test data, such as "50 sentences", are few; else an empty text."""
    count = re.match(r"([\d,]+) (?!characters)", test)
    if not count or int(count[1].replace(",", "")) >= FEW_EXAMPLES:
        return ""
    return f" Scores of fewer than {FEW_EXAMPLES} examples say little about other text."


def _training_section(facts: Mapping[str, Any]) -> str:
    """Return the reason why training ended, its cost, and the curves."""
    curves = "![Loss, score and learning rate over steps](curves.png)"
    return f"## Training\n\n{facts['ended']}.\n\nCost: {cost(facts)}\n\n{curves}"
