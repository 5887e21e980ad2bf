"""`python -m seq2seq.train`: a corpus in, a run folder out."""

from seq2seq.commands.train import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
