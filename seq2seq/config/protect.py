"""Options of protection: the spans of a line that its translation keeps."""

from dataclasses import dataclass, field

from seq2seq.config.ranges import choice, optional_choices, require, require_ranges, require_some_of

SPAN_KINDS = (  # see `text.spans`
    "custom", "word", "code", "url", "email", "tag", "placeholder", "markup", "path", "identifier",
    "number", "emoji",
)  # fmt: skip
MAX_RULES = 10_000  # patterns or words


@dataclass
class ProtectOptions:
    """Spans that a translation keeps exactly: placeholders, tags, numbers, URLs and the like."""

    # Kinds of spans; null: those that the training pairs copy; []: none.
    kinds: list[str] | None = optional_choices(SPAN_KINDS)  # noqa: RUF009
    patterns: list[str] = field(default_factory=list)  # regular expressions of spans of your own
    words: list[str] = field(default_factory=list)  # words that are not translated
    # Remember the case of the words of the source, for lines in capitals, Title or lower case.
    truecase: bool = True

    # Decimal and grouped numbers: as the target's pairs write them, as 3,5 for 3.5, or as they are.
    number_format: str = choice("auto", ("auto", "keep"))

    def __post_init__(self) -> None:
        require_ranges("protect.", self)
        if self.kinds:
            require_some_of("protect.kinds", self.kinds, SPAN_KINDS)
        for name in ("patterns", "words"):
            count = len(getattr(self, name))
            require(f"protect.{name}", f"{count}", count <= MAX_RULES, f"at most {MAX_RULES}")
