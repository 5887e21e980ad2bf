"""`python -m seq2seq.translate`: translations of files or of standard input."""

from seq2seq.__main__ import entry_point

main = entry_point("translate")

if __name__ == "__main__":
    main()
