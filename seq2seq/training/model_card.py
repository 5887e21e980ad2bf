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
from seq2seq.training.task import FinalReport

PACKAGES = ("torch", "sentencepiece", "sacrebleu", "datasets", "hydra-core")


def package_versions() -> dict[str, str]:
    """Return the versions of this program, of Python and of the libraries."""
    ours = {"seq2seq": seq2seq.__version__, "python": python_version()}
    return ours | {name: version(name) for name in PACKAGES}


def with_folder(commands: str, folder: Path) -> str:
    """Return `commands` with `folder` in the place of THIS_FOLDER, quoted for a shell."""
    words = (
        quote_argument(word.replace("THIS_FOLDER", str(folder))) if "THIS_FOLDER" in word else word
        for word in re.split(r"(\s+)", commands)
    )
    return "".join(words)


def limits(facts: Mapping[str, Any], config: str) -> str:
    """Return for what text the model is of no use, in one or two sentences."""
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
    """Return the time of training and the hardware that it took."""
    if "seconds" not in facts:
        return "The time was not recorded."
    minutes = facts["seconds"] / 60
    threads = facts.get("threads")  # not in runs of earlier versions; likewise the precision
    cores = f", {threads} processor threads" if threads and facts["device"] == "cpu" else ""
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


def model_card(facts: Mapping[str, Any], table: str, config: str, done: FinalReport) -> str:
    """Return the model card.

    Args:
        facts: content of run.json.
        table: how many examples cleaning dropped, and why.
        config: the resolved options, as YAML.
        done: scores, samples and commands.
    """
    origin = "\n".join(f"- `{name}`: {mark}" for name, mark in facts["origin"].items())
    scores = "\n".join(f"- {score}" for score in done.scores)
    software = ", ".join(f"{name} {number}" for name, number in facts["versions"].items())
    examples = f"## Worst and median examples\n\n{done.table}\n\n" if done.table else ""
    samples = "\n\n".join(f"```\n{sample}\n```" for sample in done.samples)
    return f"""# {facts["name"]}: {facts["subject"]}

A recurrent {facts["kind"]} with {facts["parameters"]:,} parameters, trained with seq2seq.

## How to use it

```
{done.commands}
```

## Data

Licence: {facts["licence"]}. The files that were read, with their fingerprints:

{origin}

```
{table}
```

## Limits

{limits(facts, config)}

## Scores on the held-out test data

{scores}

The test data, {facts["test"]}, is in this folder.

{examples}## Held-out samples

{samples}

## Training

{facts["ended"]}.

Cost: {cost(facts)}

![Loss, score and learning rate over steps](curves.png)

## How to cite it

```
{citation(facts)}
```

## Software and options

{software}

```yaml
{config.strip()}
```
"""
