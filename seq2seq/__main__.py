"""`python -m seq2seq COMMAND …`: the same as `python -m seq2seq.COMMAND …`."""

import sys
from importlib import import_module

from seq2seq.commands.compose import SCHEMAS


def main() -> None:
    """Run the command that the first word names; it alone is imported."""
    name = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if name in ("-h", "--help"):
        print(f"usage: python -m seq2seq COMMAND …\ncommands: {', '.join(SCHEMAS)}")
        return
    if name not in SCHEMAS:
        sys.exit(f"seq2seq: there is no command {name}; choose one of {', '.join(SCHEMAS)}")
    sys.argv[:2] = [f"seq2seq.{name}"]
    import_module(f"seq2seq.commands.{name}").main()


if __name__ == "__main__":
    main()
