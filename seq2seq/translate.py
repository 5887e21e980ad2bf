"""`python -m seq2seq.translate`: files, or standard input, through a run folder's model."""

from seq2seq.__main__ import entry_point

main = entry_point("translate")

if __name__ == "__main__":
    main()
