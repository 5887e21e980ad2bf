"""`python -m seq2seq.synthesize`: pairs from one-sided text, by translating it."""

from seq2seq.__main__ import entry_point

main = entry_point("synthesize")

if __name__ == "__main__":
    main()
