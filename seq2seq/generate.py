"""`python -m seq2seq.generate`: continuation of a text by a language model."""

from seq2seq.__main__ import entry_point

main = entry_point("generate")

if __name__ == "__main__":
    main()
