"""Measurements of recurrent networks: of cells with initial weights, and of trained runs.

`gradients`, `recall` and `profiling` measure one thing each and draw nothing; `report` runs them
and draws the plots. Dimensions are those of `seq2seq.model`.
"""
