"""The README.md of a run folder: what the model is, what it was made from, how good it is."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Any

import seq2seq

PACKAGES = ("torch", "sentencepiece", "sacrebleu", "datasets", "hydra-core")


def versions() -> dict[str, str]:
    """What the model was made with."""
    ours = {"seq2seq": seq2seq.__version__, "python": python_version()}
    return ours | {name: version(name) for name in PACKAGES}


def commands(folder: Path) -> str:
    """How to use the model."""
    run = quoted(f"run={folder}")
    return (
        f"python -m seq2seq.translate {run} input=FILE output=FILE\n"
        f"python -m seq2seq.evaluate {run}"
    )


def quoted(argument: str) -> str:
    """`argument` for a shell, and for Hydra where its value has characters of Hydra's own."""
    if all(c.isalnum() or c in "/_.-=" for c in argument):
        return argument
    key, _, value = argument.partition("=")
    return f"\"{key}='{value}'\""


def card(facts: Mapping[str, Any], table: str, config: str, samples: Sequence[str]) -> str:
    """The model card.

    Args:
        facts: what run.json holds.
        table: how many pairs cleaning dropped, and why.
        config: the resolved options, as YAML.
        samples: held-out sentences with their translations.
    """
    origin = "\n".join(f"- `{name}`: {mark}" for name, mark in facts["origin"].items())
    scores = "\n".join(f"- {score}" for score in facts["scores"])
    software = ", ".join(f"{name} {number}" for name, number in facts["versions"].items())
    shown = "\n\n".join(f"```\n{sample}\n```" for sample in samples)
    return f"""# {facts["name"]}: {facts["source"]} to {facts["target"]}

A recurrent translation model with {facts["parameters"]:,} weights, made by seq2seq.

## How to use it

```
{commands(Path("THIS_FOLDER"))}
```

## Scores on the held-out test text

{scores or "None yet: training has not ended."}

The test text, {facts["test"]} sentences, is in `test.jsonl`; none of it was trained on.

## Data

Licence: {facts["licence"]}. What was read, with its fingerprint:

{origin}

```
{table}
```

## Training

{facts["ended"] or "Not finished."}

![Loss, BLEU and learning rate over steps](curves.png)

## Translations of held-out sentences

{shown}

## Made with

{software}

```yaml
{config.strip()}
```
"""
