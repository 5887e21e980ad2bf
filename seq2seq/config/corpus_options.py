"""Options of the pairs of a corpus: which are trained on, and which are held out."""

from dataclasses import dataclass

from seq2seq.config.ranges import choices, number, require_ranges

# Kinds of pairs whose text is doubtful, in the order in which they are looked for.
DOUBTFUL_KINDS = (
    "mojibake",
    "swapped",
    "language",
    "foreign",
    "entities",
    "numbers",
    "emoji",
    "capitals",
    "repetition",
    "near-duplicates",
    "many-to-one",
)
DROPPED_KINDS = ("mojibake", "swapped", "language")  # which are surely broken


@dataclass
class CleaningOptions:
    """Filters of training pairs. Of validation and test text only blank pairs are dropped."""

    max_characters: int = number(1000, 1, 10**6)  # characters of the longer side, at most
    max_words: int = number(200, 1, 10**6)  # words of the longer side, at most
    max_ratio: float = number(6.0, 1, 10**6)  # characters of the longer side to the shorter's
    # Characters of the longer side from which on max_ratio holds.
    ratio_from: int = number(20, 0, 10**6)
    copies: bool = False  # keep pairs whose two sides are equal
    duplicates: bool = False  # keep the second and later occurrences of a pair
    overlap: bool = False  # keep training pairs with a side that is in validation or test text
    # Kinds of doubtful pairs that are dropped; the others are only counted. docs/own-text.md
    # explains them.
    drop: list[str] = choices(DROPPED_KINDS, DOUBTFUL_KINDS)  # noqa: RUF009
    # A file of seq2seq.score about the training text, whose pairs have a weight in it.
    scores: str | None = None
    min_weight: float = number(0.05, 0, 1)  # of the pairs that are kept, with scores
    strict: bool = False  # stop at rows that are no pairs and at pairs of `drop`, by how many it is

    def __post_init__(self) -> None:
        require_ranges("clean.", self)


@dataclass
class HeldOutOptions:
    """Validation and test text taken from the training text of a corpus that has none."""

    validation: int = number(1000, 1, 10**7)  # pairs at most
    test: int = number(1000, 1, 10**7)  # pairs at most
    # Share of all pairs that each of the two gets, at most.
    share: float = number(0.05, 0, 0.5, above=True, below=True)

    def __post_init__(self) -> None:
        require_ranges("heldout.", self)
