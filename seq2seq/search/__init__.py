"""Search strategies that generate sequences token by token.

A search calls the `Step` of a model (`seq2seq.search.interface`), and knows no more of it.
"""
