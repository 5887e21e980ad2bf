"""The commands, and the frame that they share: options, messages, outputs, signals."""

COMMANDS = (
    "train",
    "translate",
    "evaluate",
    "score",
    "synthesize",
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
