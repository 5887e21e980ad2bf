"""Search strategies that generate translations token by token.

They know nothing of the model but its `Step`.
"""
