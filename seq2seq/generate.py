"""`python -m seq2seq.generate`: a language model goes on with a text."""

from seq2seq.__main__ import entry_point

main = entry_point("generate")

if __name__ == "__main__":
    main()
