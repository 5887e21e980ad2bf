"""`python -m seq2seq.translate`: files, or standard input, through a run folder's model."""

from seq2seq.commands.translate import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
