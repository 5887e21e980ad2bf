"""The README.md of a run folder: what the model is, what it was made from, how good it is."""

import re
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Any

import seq2seq
from seq2seq.training.task import FinalReport

PACKAGES = ("torch", "sentencepiece", "sacrebleu", "datasets", "hydra-core")


def package_versions() -> dict[str, str]:
    """What the model was made with."""
    ours = {"seq2seq": seq2seq.__version__, "python": python_version()}
    return ours | {name: version(name) for name in PACKAGES}


def with_folder(commands: str, folder: Path) -> str:
    """`commands` with `folder` for THIS_FOLDER, as it is typed."""
    words = (
        quote_argument(word.replace("THIS_FOLDER", str(folder))) if "THIS_FOLDER" in word else word
        for word in re.split(r"(\s+)", commands)
    )
    return "".join(words)


def quote_argument(argument: str) -> str:
    """`argument` for a shell, and for Hydra where its value has characters of Hydra's own."""
    if all(c.isalnum() or c in "/_.-=" for c in argument):
        return argument
    key, _, value = argument.partition("=")
    return f"\"{key}='{value}'\""


def model_card(facts: Mapping[str, Any], table: str, config: str, done: FinalReport) -> str:
    """The model card.

    Args:
        facts: what run.json holds.
        table: how many pairs cleaning dropped, and why.
        config: the resolved options, as YAML.
        done: scores, samples and commands.
    """
    origin = "\n".join(f"- `{name}`: {mark}" for name, mark in facts["origin"].items())
    scores = "\n".join(f"- {score}" for score in done.scores)
    software = ", ".join(f"{name} {number}" for name, number in facts["versions"].items())
    shown = "\n\n".join(f"```\n{sample}\n```" for sample in done.samples)
    return f"""# {facts["name"]}: {facts["subject"]}

A recurrent {facts["kind"]} with {facts["parameters"]:,} weights, made by seq2seq.

## How to use it

```
{done.commands}
```

## Scores on the held-out test data

{scores}

The test data, {facts["test"]}, is in this folder.

## Data

Licence: {facts["licence"]}. What was read, with its fingerprint:

{origin}

```
{table}
```

## Training

{facts["ended"]}.

![Loss, score and learning rate over steps](curves.png)

## Held-out samples

{shown}

## Made with

{software}

```yaml
{config.strip()}
```
"""
