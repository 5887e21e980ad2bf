"""`python -m seq2seq.classify`: what each line of a file is."""

from seq2seq.commands.classify import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
