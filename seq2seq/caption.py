"""`python -m seq2seq.caption`: what is to be seen in pictures."""

from seq2seq.__main__ import entry_point

main = entry_point("caption")

if __name__ == "__main__":
    main()
