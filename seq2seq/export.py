"""`python -m seq2seq.export`: a folder that translates with ONNX Runtime."""

from seq2seq.__main__ import entry_point

main = entry_point("export")

if __name__ == "__main__":
    main()
