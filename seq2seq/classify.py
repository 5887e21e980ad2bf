"""`python -m seq2seq.classify`: the label of each line of a file."""

from seq2seq.__main__ import entry_point

main = entry_point("classify")

if __name__ == "__main__":
    main()
