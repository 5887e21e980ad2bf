"""`python -m seq2seq COMMAND …`: the same as `python -m seq2seq.COMMAND …`."""

import sys
from collections.abc import Callable
from importlib import import_module

from seq2seq.commands import COMMANDS


def entry_point(name: str) -> Callable[[], None]:
    """Return a function that runs the command `name`, and imports it only then.

    Importing takes half a second: an interrupt in that time ends the process in one line too.
    """

    def main() -> None:
        try:
            import_module(f"seq2seq.commands.{name}").main()
        except KeyboardInterrupt:
            sys.stderr.write(f"seq2seq.{name}: interrupted\n")
            sys.exit(130)

    return main


def main() -> None:
    """Run the command that the first word of the command line names."""
    name = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if name in ("-h", "--help"):
        print(f"usage: python -m seq2seq COMMAND …\ncommands: {', '.join(COMMANDS)}")
        return
    if name not in COMMANDS:
        sys.exit(f"seq2seq: there is no command {name!r}; choose one of {', '.join(COMMANDS)}")
    sys.argv[:2] = [f"seq2seq.{name}"]
    entry_point(name)()


if __name__ == "__main__":
    main()
