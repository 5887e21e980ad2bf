"""`python -m seq2seq.quantize`: a run folder to one with weights of eight bits."""

from seq2seq.commands.quantize import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
