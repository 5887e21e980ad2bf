"""`python -m seq2seq.evaluate`: BLEU, chrF and TER with signatures, of a run or of a file."""

from seq2seq.__main__ import entry_point

main = entry_point("evaluate")

if __name__ == "__main__":
    main()
