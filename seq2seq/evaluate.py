"""`python -m seq2seq.evaluate`: BLEU, chrF and TER with signatures, of a run or of a file."""

from seq2seq.commands.evaluate import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
