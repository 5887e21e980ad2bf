"""Work on the lines of texts in shards, by many processes: one folder holds all that they share.

A job is a folder beside the output, on a file system that all workers reach. It has a manifest of
the shards, and for each shard a lease while a worker has it and a part when it is done. Workers
take shards by themselves and write parts by atomic renames; whatever starts them only watches.
So a job is the same thing on one machine, on a Ray cluster, and in an array of Slurm or Kubernetes.
Results are a function of the lines: of a shard that two workers do by mistake both write the same
part.
"""
