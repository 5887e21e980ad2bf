"""`python -m seq2seq.compare`: runs side by side, with their options and scores."""

from seq2seq.__main__ import entry_point

main = entry_point("compare")

if __name__ == "__main__":
    main()
