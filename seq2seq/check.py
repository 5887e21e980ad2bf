"""`python -m seq2seq.check`: an audit of a corpus, and the speed of training on it."""

from seq2seq.__main__ import entry_point

main = entry_point("check")

if __name__ == "__main__":
    main()
