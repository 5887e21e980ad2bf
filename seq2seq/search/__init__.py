"""Strategies for saying a sentence token by token.

They know no model: a `Step` is all they call.
"""
