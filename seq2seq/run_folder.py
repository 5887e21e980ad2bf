"""Run folders: all files that translation, resumed training and a record of the run need."""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from omegaconf import OmegaConf
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from seq2seq import builders
from seq2seq.config.allowed_classes import require_known_targets
from seq2seq.config.earlier import to_current_names
from seq2seq.config.memory import require_memory_to_load
from seq2seq.config.training import TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.errors import ConfigError, RunError, TextError
from seq2seq.evaluation.confidence_fit import ConfidenceFit
from seq2seq.storage import run_files
from seq2seq.storage.files import atomic_write
from seq2seq.storage.plain_json import read_plain_json, read_plain_json_lines
from seq2seq.storage.plain_yaml import read_plain_yaml
from seq2seq.storage.regular import open_regular
from seq2seq.storage.tensors import dequantize_tensors, quantize_tensors, save_tensors
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.text.truecase import Truecaser

# The command that uses a run of each kind of system.
TASK_COMMANDS = {
    "translation": "translate",
    "language_model": "generate",
    "captions": "caption",
    "classification": "classify",
}
RUN_FORMAT = 1  # format of the folder; later versions of the program read all earlier formats


class HeldOutPair(NamedTuple):
    """A sentence of the test text and its reference, raw."""

    source: str
    target: str
    document: str | None = None  # the document of the sentence, if known
    languages: str | None = None  # of source and target, a blank between, of a run of several


class RunFolder:
    """The files of the run folder `folder`, by name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / run_files.CONFIG  # options, resolved
        self.facts = folder / run_files.FACTS  # languages, data, versions, scores
        self.model = folder / run_files.MODEL  # the best weights
        self.last = folder / run_files.LAST  # the checkpoint that training resumes from
        self.initial = folder / run_files.INITIAL  # the weights that it began with
        self.metrics = folder / run_files.METRICS
        self.test = folder / run_files.TEST  # the test text, raw
        self.audit = folder / run_files.AUDIT  # counts of dropped and changed pairs
        self.card = folder / run_files.CARD
        self.curves = folder / run_files.CURVES
        self.attention = folder / run_files.ATTENTION
        self.truecase = folder / run_files.TRUECASE  # forms of the words of the source
        self.confidence = folder / run_files.CONFIDENCE  # the fit of confidence
        self.reliability = folder / run_files.RELIABILITY  # its plot
        self.translations = folder / run_files.TRANSLATIONS  # of the test text, as it was scored

    def exists(self) -> bool:
        """Return whether a training run has been started here."""
        return os.path.lexists(self.config)  # reading refuses what is not a file, by its kind

    def write_config(self, config: TrainConfig) -> None:
        """Save the resolved options.

        Raises:
            ConfigError: a text option has `${`, which could not be read back as plain data.
        """
        yaml = OmegaConf.to_yaml(OmegaConf.structured(config))
        if "${" in yaml:
            line = next(line.strip() for line in yaml.splitlines() if "${" in line)
            raise ConfigError(f"an option may not hold ${{ as text: {line}")
        with atomic_write(self.config) as file:
            file.write(yaml)

    def read_config(self, trusted: Iterable[str] = (), task: str | None = None) -> TrainConfig:
        """Read the options that the run was trained with.

        The folder may come from a stranger: the file is plain data of bounded size, and each class
        that it names is a shipped choice of its node, or in a trusted module.

        Args:
            trusted: modules outside this package that the run may name classes of.
            task: the required kind of system, a file of conf/task; None: any.

        Raises:
            RunError: there is no run, it is damaged, it names a class that is not trusted, or it is
                a system of another kind.
        """
        if not self.exists():
            raise RunError(f"{self.folder} is no run folder: {self._reason()}")
        try:
            options = to_current_names(read_plain_yaml(self.file(self.config)))
            require_known_targets(options, set(trusted))
            config = to_schema(OmegaConf.create(options), TrainConfig)
            require_memory_to_load(config)
        except TextError as error:  # its message names the file and the line
            raise RunError(str(error)) from error
        except ConfigError as error:
            raise RunError(f"{self.config} cannot be used: {error}") from error
        if task and (kind := builders.task_kind(config.task["_target_"])) != task:
            advice = f"this command is for {task}"
            if kind in TASK_COMMANDS:
                advice = f"use python -m seq2seq.{TASK_COMMANDS[kind]}"
            raise RunError(f"{self.folder} is a run of {kind}: {advice}")
        return config

    def _reason(self) -> str:
        """Return why this is no run folder; if there are runs below it, name the newest."""
        runs = sorted(self.folder.glob("*/config.yaml"), key=lambda file: file.stat().st_mtime)
        has_none = f"it has no {self.config.name}"
        return f"the newest run in it is {runs[-1].parent}" if runs else has_none

    def file(self, path: Path) -> Path:
        """Return `path`, a file of this folder that is about to be read.

        Raises:
            RunError: `path` is a link to something outside the folder, or a pipe or a device.
        """
        if path.is_symlink() and not path.resolve().is_relative_to(self.folder.resolve()):
            raise RunError(f"{path} is a link to a file outside the run folder")
        try:
            open_regular(path).close()
        except TextError as error:
            raise RunError(str(error)) from None
        return path

    def write_tokenizers(self, source: Tokenizer, target: Tokenizer) -> None:
        """Save both tokenizers, as one file where they are the same object."""
        if source is target:
            source.save(self.folder / run_files.TOKENIZER)
        else:
            source.save(self.folder / run_files.SOURCE_TOKENIZER)
            target.save(self.folder / run_files.TARGET_TOKENIZER)

    def read_tokenizers(self) -> tuple[Tokenizer, Tokenizer]:
        """Read the tokenizers of source and target; one object where both share a vocabulary."""
        joint = self.folder / run_files.TOKENIZER
        if os.path.lexists(joint):
            tokenizer = Tokenizer.load(self.file(joint))
            return tokenizer, tokenizer
        source = self.folder / run_files.SOURCE_TOKENIZER
        target = self.folder / run_files.TARGET_TOKENIZER
        if not (os.path.lexists(source) and os.path.lexists(target)):
            raise RunError(f"{self.folder} has no {joint.name}")
        return Tokenizer.load(self.file(source)), Tokenizer.load(self.file(target))

    def write_truecaser(self, truecaser: Truecaser) -> None:
        """Save the forms of the words of the source."""
        truecaser.save(self.truecase)

    def read_truecaser(self) -> Truecaser | None:
        """Read the forms of the words of the source; None: the run has none.

        Raises:
            RunError: the file is damaged, or a link to something outside the folder.
        """
        if not os.path.lexists(self.truecase):
            return None
        try:
            return Truecaser.load(self.file(self.truecase))
        except TextError as error:
            raise RunError(str(error)) from error

    def read_confidence(self) -> ConfidenceFit | None:
        """Read the fit of confidence; None: the run has none. A damaged one is a RunError."""
        if not os.path.lexists(self.confidence):
            return None
        return ConfidenceFit.load(self.file(self.confidence))

    def write_facts(self, facts: Mapping[str, Any]) -> None:
        """Save run.json: languages, data, versions and scores of the run."""
        with atomic_write(self.facts) as file:
            file.write(
                json.dumps({"format": RUN_FORMAT, **facts}, indent=1, ensure_ascii=False) + "\n"
            )

    def read_facts(self) -> dict[str, Any]:
        """Read run.json: languages, data, versions and scores of the run.

        Raises:
            RunError: the file is missing, damaged, or from a later version of the program.
        """
        try:
            facts = read_plain_json(self.file(self.facts))
            is_later = facts["format"] > RUN_FORMAT
        except (TextError, TypeError, KeyError) as error:
            raise RunError(f"{self.facts} cannot be read: {error}") from error
        if is_later:
            raise RunError(f"{self.folder} was made by a later version of this program")
        return facts

    def write_text(self, path: Path, text: str) -> None:
        """Save a file for people to read, such as the model card."""
        with atomic_write(path) as file:
            file.write(text)

    def write_test(self, pairs: Iterable[HeldOutPair]) -> None:
        """Save the test text that the run is scored on, raw."""
        with atomic_write(self.test) as file:
            for pair in pairs:
                fields = {name: text for name, text in pair._asdict().items() if text is not None}
                file.write(json.dumps(fields, ensure_ascii=False) + "\n")

    def read_test(self) -> list[HeldOutPair]:
        """Read the test text, raw.

        Raises:
            RunError: the file is missing or damaged.
        """
        if not os.path.lexists(self.test):
            raise RunError(f"{self.folder} has no {self.test.name}: give source= and reference=")
        try:
            lines = read_plain_json_lines(self.file(self.test))
            return [_held_out_pair(line) for line in lines]
        except (TextError, TypeError) as error:
            raise RunError(f"{self.test} cannot be read: {error}") from error

    def write_model(self, model: nn.Module, int8: bool = False) -> None:
        """Save the weights; with `int8` quantised to a quarter of the size."""
        tensors = quantize_tensors(named_weights(model)) if int8 else named_weights(model)
        save_tensors(self.model, tensors, {"format": "pt"})

    def read_weights(self, model: nn.Module) -> None:
        """Load the saved weights into `model` and put it into evaluation mode.

        Raises:
            RunError: they are missing, damaged, or of another network.
        """
        self.load_weights(model, self.read_tensors(self.model))

    def read_tensors(self, path: Path) -> dict[str, Tensor]:
        """Read the weights of the file `path` by name, quantised ones dequantised.

        Raises:
            RunError: they are missing or damaged.
        """
        if path == self.model and not os.path.lexists(path) and os.path.lexists(self.last):
            raise RunError(
                f"{self.folder} has no model yet: it is being trained, or training was stopped "
                "before its first validation, and continues with resume=true"
            )
        try:
            tensors = dequantize_tensors(load_file(self.file(path)))
        except (OSError, SafetensorError, RuntimeError) as error:
            raise RunError(f"{path} cannot be read: {error}") from error
        if names := [n for n, t in tensors.items() if not bool(t.isfinite().all())]:
            raise RunError(f"{path} holds NaN or infinite weights, in {names[0]}")
        return tensors

    def load_weights(self, model: nn.Module, tensors: Mapping[str, Tensor]) -> None:
        """Load tensors of this folder into `model` and put it into evaluation mode.

        Raises:
            RunError: they are of another network.
        """
        try:
            missing, unexpected = model.load_state_dict(dict(tensors), strict=False)
        except RuntimeError as error:
            raise RunError(f"{self.model} cannot be read: {error}") from error
        absent = set(missing) - set(model.state_dict()) | (set(missing) & set(named_weights(model)))
        if absent or unexpected:
            raise RunError(f"{self.model} does not fit {self.config}: {absent or unexpected}")
        model.eval()


def named_weights(model: nn.Module) -> dict[str, Any]:
    """Return the parameters by name, each once: tied ones have several names in a state_dict."""
    return {name: value.detach() for name, value in model.named_parameters()}


def vocab_sizes(source: Tokenizer, target: Tokenizer) -> builders.VocabSizes:
    """Return the sizes of both vocabularies."""
    return builders.VocabSizes(source.vocab_size, target.vocab_size, source is target)


def _held_out_pair(fields: Any) -> HeldOutPair:
    if not isinstance(fields, dict) or not all(isinstance(v, str) for v in fields.values()):
        raise TypeError("each line must be an object with the texts source and target")
    return HeldOutPair(**fields)
