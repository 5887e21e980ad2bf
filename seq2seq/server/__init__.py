"""A server of translations: one process speaks HTTP, and worker processes translate.

Requests are cut into lines (`translation`), lines wait in a queue (`batching`), and a worker
process gets those that have come together while it translated the last batch (`pool`). The process
that speaks HTTP never imports torch.
"""
