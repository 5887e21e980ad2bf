"""Networks: functions of tensors, without files or configuration.

Dimensions, in every comment and docstring of this package and of `seq2seq.search`:

    B  sentences in the batch      S  source positions      H  decoder state
    K  hypotheses per sentence     T  target positions      M  encoder output (memory)
    V  target vocabulary           E  embedding             A  attention space
    L  layers                      P  parts of one cell's state (1; 2 for an LSTM: h and c)
"""
