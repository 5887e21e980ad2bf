"""`python -m seq2seq.generate`: a language model goes on with a text."""

from seq2seq.commands.generate import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
