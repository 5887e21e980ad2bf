"""`python -m seq2seq.score`: log-probabilities of given translations, to rank and filter text."""

from seq2seq.__main__ import entry_point

main = entry_point("score")

if __name__ == "__main__":
    main()
