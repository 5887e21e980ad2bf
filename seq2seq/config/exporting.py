"""The options of `seq2seq.export`."""

from dataclasses import dataclass, field

from seq2seq.config.ranges import choice, choices, require, require_ranges
from seq2seq.storage.run_files import ONNX_PRECISIONS


@dataclass
class ExportConfig:
    """Options of `seq2seq.export`."""

    run: str | None = None  # a run folder
    output: str | None = None  # a folder that does not exist yet
    format: str = choice("onnx", ("onnx", "web"))  # web: a page that translates in the browser
    runtime: str | None = None  # npm's file of ONNX Runtime Web, for a page; null: npm fetches it
    # Of the products; each precision is three files, of a page two.
    precisions: list[str] = choices(ONNX_PRECISIONS, ONNX_PRECISIONS)  # noqa: RUF009
    trusted: list[str] = field(default_factory=list)  # modules whose classes a run may name

    def __post_init__(self) -> None:
        require("precisions", self.precisions, bool(self.precisions), "a list of one or more")
        require_ranges("", self)
