"""`python -m seq2seq.quantize`: a copy of a run folder with weights of 8 bits."""

from seq2seq.__main__ import entry_point

main = entry_point("quantize")

if __name__ == "__main__":
    main()
