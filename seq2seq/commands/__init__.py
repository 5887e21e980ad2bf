"""The work of each command, and what all of them share."""

COMMANDS = (
    "train",
    "translate",
    "evaluate",
    "check",
    "quantize",
    "generate",
    "caption",
    "classify",
    "inspect",
)
