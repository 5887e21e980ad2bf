"""Systems: the same parts put together differently, each a `seq2seq.training.task.Task`."""
