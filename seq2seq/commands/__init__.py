"""The commands, and the frame that they share: options, messages, outputs, signals."""

COMMANDS = (
    "train",
    "translate",
    "evaluate",
    "score",
    "check",
    "compare",
    "quantize",
    "export",
    "generate",
    "caption",
    "classify",
    "inspect",
    "serve",
)
