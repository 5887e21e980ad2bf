"""`python -m seq2seq.serve`: a translation server for programs and people."""

from seq2seq.__main__ import entry_point

main = entry_point("serve")

if __name__ == "__main__":
    main()
