"""`python -m seq2seq.quantize`: a run folder to one with weights of eight bits."""

from seq2seq.__main__ import entry_point

main = entry_point("quantize")

if __name__ == "__main__":
    main()
