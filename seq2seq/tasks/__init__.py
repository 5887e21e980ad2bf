"""Systems made of the same parts, each a `seq2seq.training.task.Task`."""
