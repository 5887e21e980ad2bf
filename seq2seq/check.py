"""`python -m seq2seq.check`: an audit of a corpus, and what training on it would cost."""

from seq2seq.commands.check import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
