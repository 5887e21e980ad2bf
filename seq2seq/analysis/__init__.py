"""What textbooks say about recurrent networks, measured: on fresh cells, and on a trained run.

Each module measures one thing and draws nothing; `drawing` draws, `session` puts both together.
Dimensions are those of `seq2seq.model`.
"""
