"""`python -m seq2seq.inspect`: measurements and plots of recurrent networks."""

from seq2seq.__main__ import entry_point

main = entry_point("inspect")

if __name__ == "__main__":
    main()
