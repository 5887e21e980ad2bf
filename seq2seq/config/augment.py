"""Options of augmentation: the rates of the modifiers of training pairs."""

from dataclasses import dataclass

from seq2seq.config.ranges import number, require, require_ranges

CASINGS = ("capitals", "title_case", "lower_case")  # of which a pair gets one at most
RATES = (
    *("join", "no_final_mark", "quotes", "typos"),
    *CASINGS,
    *("spans", "emoji"),
)


@dataclass
class AugmentOptions:
    """Modifiers of training pairs; each rate is a share of the pairs, and 0 is off.

    The modifiers are described in `seq2seq.text.augment`; docs/robust.md has their scores. With
    document_context=carry no pair is changed.
    """

    capitals: float = number(0.0, 0, 1)  # both sides in capitals
    title_case: float = number(0.0, 0, 1)  # both sides with a capital at the start of each word
    lower_case: float = number(0.0, 0, 1)  # the source in lower case, the target as it is
    quotes: float = number(0.0, 0, 1)  # quotes of the source: typographic to straight or back
    no_final_mark: float = number(0.0, 0, 1)  # both sides without their final full stop
    typos: float = number(0.0, 0, 1)  # the source with typing errors
    typo_words: float = number(0.1, 0, 1, above=True)  # of such a source: share of words, 1 or more
    emoji: float = number(0.0, 0, 1)  # an emoji on both sides, at the end most often
    spans: float = number(0.0, 0, 1)  # a placeholder, number, URL, tag or the like on both sides
    join: float = number(0.0, 0, 1)  # two to four consecutive pairs as one

    def __post_init__(self) -> None:
        require_ranges("augment.", self)
        together = self.capitals + self.title_case + self.lower_case
        names = "augment.capitals, title_case and lower_case together"
        require(names, together, together <= 1 + 1e-9, "at most 1: a pair gets one of them")

    @property
    def adds_spans(self) -> bool:
        """Return whether pairs get spans that they did not have."""
        return self.spans > 0 or self.emoji > 0

    @property
    def is_identity(self) -> bool:
        """Return whether no pair is ever changed."""
        return not any(getattr(self, name) for name in RATES)
