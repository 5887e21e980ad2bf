"""`python -m seq2seq.inspect`: pictures of how recurrent networks work."""

from seq2seq.__main__ import entry_point

main = entry_point("inspect")

if __name__ == "__main__":
    main()
