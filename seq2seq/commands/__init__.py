"""The commands, and the frame that they share: options, messages, outputs, signals."""

COMMANDS = (
    "train",
    "translate",
    "evaluate",
    "score",
    "check",
    "compare",
    "quantize",
    "generate",
    "caption",
    "classify",
    "inspect",
    "serve",
)
