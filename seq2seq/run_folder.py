"""A run folder: all that is needed to translate, to go on training, and to know what was done."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn
from yaml import YAMLError

from seq2seq import builders
from seq2seq.config.earlier import to_current_names
from seq2seq.config.training import TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.errors import RunError
from seq2seq.storage.files import atomic_write
from seq2seq.storage.tensors import dequantize_tensors, quantize_tensors, save_tensors
from seq2seq.text.tokenizer import Tokenizer

RUN_FORMAT = 1  # of the folder; a later version of the program reads all earlier ones


class HeldOutPair(NamedTuple):
    """One test sentence, raw."""

    source: str
    target: str
    document: str | None = None  # what it is a sentence of, where that is known


class RunFolder:
    """The files of the run folder `folder`, by name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "config.yaml"  # resolved
        self.facts = folder / "run.json"  # languages, data, versions, scores
        self.model = folder / "model.safetensors"  # the best weights
        self.last = folder / "last.safetensors"  # where training stands
        self.metrics = folder / "metrics.jsonl"
        self.test = folder / "test.jsonl"  # the held-out text, raw
        self.audit = folder / "audit.json"  # what cleaning dropped
        self.card = folder / "README.md"
        self.curves = folder / "curves.png"
        self.attention = folder / "attention.png"

    def exists(self) -> bool:
        """Whether training was ever begun here."""
        return self.config.is_file()

    def write_config(self, config: TrainConfig) -> None:
        """Save the resolved options."""
        with atomic_write(self.config) as file:
            file.write(OmegaConf.to_yaml(OmegaConf.structured(config)))

    def read_config(self, trusted: Iterable[str] = (), task: str | None = None) -> TrainConfig:
        """The options that the run was trained with.

        Args:
            task: what kind it must be of, "translation.TranslationTask" for example; None: any.
            trusted: modules beside our own that the run may take classes from. Anything else is
                refused: a folder from elsewhere must not choose what code runs here.

        Raises:
            RunError: there is no run, it is damaged, or it names a class that is not trusted.
        """
        if not self.exists():
            raise RunError(f"{self.folder} is no run folder: it has no {self.config.name}")
        try:
            loaded: Any = OmegaConf.load(self.config)
        except (OmegaConfBaseException, YAMLError, ValueError, OSError) as error:
            reason = " ".join(str(error).split())
            raise RunError(f"{self.config} cannot be read: {reason}") from error
        if not isinstance(loaded, DictConfig):
            raise RunError(f"{self.config} cannot be read: it holds no options")
        plain = to_current_names(cast(dict[str, Any], OmegaConf.to_container(loaded)))
        for target in _target_names(plain):
            if not any(target.startswith(f"{m}.") for m in ("seq2seq", *trusted)):
                raise RunError(f"{self.config} takes {target}, from a module that is not trusted")
        config = to_schema(OmegaConf.create(plain), TrainConfig)
        found = config.task["_target_"]
        if task and not found.endswith(f".{task}"):
            raise RunError(
                f"{self.folder} is a run of {found.rsplit('.', 1)[-1]}: this command is for "
                f"{task.rsplit('.', 1)[-1]}"
            )
        return config

    def write_tokenizers(self, source: Tokenizer, target: Tokenizer) -> None:
        """Save both sides' tokenizers, as one file where they are one."""
        if source is target:
            source.save(self.folder / "tokenizer.model")
        else:
            source.save(self.folder / "source.model")
            target.save(self.folder / "target.model")

    def read_tokenizers(self) -> tuple[Tokenizer, Tokenizer]:
        """The tokenizers of the source and of the target side; one object where they are one."""
        joint = self.folder / "tokenizer.model"
        if joint.is_file():
            both = Tokenizer.load(joint)
            return both, both
        names = self.folder / "source.model", self.folder / "target.model"
        if not all(name.is_file() for name in names):
            raise RunError(f"{self.folder} has no tokenizer.model")
        return Tokenizer.load(names[0]), Tokenizer.load(names[1])

    def write_facts(self, facts: Mapping[str, Any]) -> None:
        """Save what is known of the run."""
        with atomic_write(self.facts) as file:
            file.write(
                json.dumps({"format": RUN_FORMAT, **facts}, indent=1, ensure_ascii=False) + "\n"
            )

    def read_facts(self) -> dict[str, Any]:
        """What is known of the run.

        Raises:
            RunError: the file is missing, damaged, or from a later version of the program.
        """
        try:
            facts = dict(json.loads(self.facts.read_text(encoding="utf-8")))
            later = facts["format"] > RUN_FORMAT
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise RunError(f"{self.facts} cannot be read: {error}") from error
        if later:
            raise RunError(f"{self.folder} was made by a later version of this program")
        return facts

    def write_text(self, path: Path, text: str) -> None:
        """Save one of the files that are read by people."""
        with atomic_write(path) as file:
            file.write(text)

    def write_test(self, pairs: Iterable[HeldOutPair]) -> None:
        """Save the held-out text that the run is scored on."""
        with atomic_write(self.test) as file:
            for pair in pairs:
                known = {name: part for name, part in pair._asdict().items() if part is not None}
                file.write(json.dumps(known, ensure_ascii=False) + "\n")

    def read_test(self) -> list[HeldOutPair]:
        """The held-out text, raw.

        Raises:
            RunError: the file is missing or damaged.
        """
        if not self.test.is_file():
            raise RunError(f"{self.folder} has no {self.test.name}: give source= and reference=")
        try:
            with self.test.open(encoding="utf-8", newline="\n") as file:
                return [HeldOutPair(**json.loads(line)) for line in file]
        except (OSError, ValueError, TypeError) as error:
            raise RunError(f"{self.test} cannot be read: {error}") from error

    def write_model(self, model: nn.Module, int8: bool = False) -> None:
        """Save the weights; with `int8` in a quarter of the space, rounded."""
        tensors = quantize_tensors(named_weights(model)) if int8 else named_weights(model)
        save_tensors(self.model, tensors, {"format": "pt"})

    def read_weights(self, model: nn.Module) -> None:
        """Give `model`, built as the options say, the weights that were kept; ready to be used.

        Raises:
            RunError: they are missing, damaged, or of another network.
        """
        try:
            missing, unexpected = model.load_state_dict(
                dequantize_tensors(load_file(self.model)), strict=False
            )
        except (OSError, SafetensorError, RuntimeError) as error:
            raise RunError(f"{self.model} cannot be read: {error}") from error
        absent = set(missing) - set(model.state_dict()) | (set(missing) & set(named_weights(model)))
        if absent or unexpected:
            raise RunError(f"{self.model} does not fit {self.config}: {absent or unexpected}")
        model.eval()


def named_weights(model: nn.Module) -> dict[str, Any]:
    """The parameters by name, each once, though tied ones go by several names."""
    return {name: value.detach() for name, value in model.named_parameters()}


def vocab_sizes(source: Tokenizer, target: Tokenizer) -> builders.VocabSizes:
    """The sizes of both sides' vocabularies."""
    return builders.VocabSizes(source.vocab_size, target.vocab_size, source is target)


def _target_names(node: Any) -> Iterable[str]:
    if isinstance(node, dict):
        if "_target_" in node:
            yield str(node["_target_"])
        for child in node.values():
            yield from _target_names(child)
    elif isinstance(node, list):
        for child in node:
            yield from _target_names(child)
