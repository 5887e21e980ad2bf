"""The commands, and the frame that they share: options, messages, outputs, signals."""

COMMANDS = (
    "train",
    "translate",
    "evaluate",
    "score",
    "check",
    "quantize",
    "generate",
    "caption",
    "classify",
    "inspect",
)
