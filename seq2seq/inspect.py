"""`python -m seq2seq.inspect`: pictures of how recurrent networks work."""

from seq2seq.commands.inspect import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
