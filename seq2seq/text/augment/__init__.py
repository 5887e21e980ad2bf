"""Augmentation: training pairs changed on the fly, so that translation stands what people write.

`augment` applies modifiers to one pair, each with the rate of its option. A pair is changed by a
random generator of its own, made from seed, epoch and position (`pair_random`), so a training that
was resumed sees the same pairs as one that never stopped. With all rates 0 nothing needs to be
called: see `AugmentOptions.is_identity`.

The modifiers follow those of OpusTrainer, with which Mozilla trains its students, and there are
joined lines beside them.
"""

from seq2seq.config.augment import AugmentOptions
from seq2seq.text.augment.modifiers import augment, pair_random
from seq2seq.text.augment.pairs import Context, LinePair

__all__ = ["AugmentOptions", "Context", "LinePair", "augment", "pair_random"]
