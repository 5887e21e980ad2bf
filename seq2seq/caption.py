"""`python -m seq2seq.caption`: captions of images."""

from seq2seq.__main__ import entry_point

main = entry_point("caption")

if __name__ == "__main__":
    main()
