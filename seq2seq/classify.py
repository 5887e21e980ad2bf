"""`python -m seq2seq.classify`: what each line of a file is."""

from seq2seq.__main__ import entry_point

main = entry_point("classify")

if __name__ == "__main__":
    main()
