"""`python -m seq2seq.caption`: what is to be seen in pictures."""

from seq2seq.commands.caption import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
