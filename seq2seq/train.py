"""`python -m seq2seq.train`: a corpus in, a run folder out."""

from seq2seq.__main__ import entry_point

main = entry_point("train")

if __name__ == "__main__":
    main()
