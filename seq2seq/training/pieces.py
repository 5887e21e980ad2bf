"""The pieces that a run begins with: those of `init.run`, or of `tokenizer.model`."""

from dataclasses import replace
from pathlib import Path

from seq2seq.config.allowed_classes import shipped_targets
from seq2seq.config.going_on import InitOptions
from seq2seq.config.training import TrainConfig
from seq2seq.errors import ConfigError, RunError, TextError
from seq2seq.run_folder import RunFolder
from seq2seq.storage import run_files
from seq2seq.storage.regular import open_regular
from seq2seq.text.given_pieces import GivenPieces
from seq2seq.text.special_tokens import BOS, EOS, PAD, UNK
from seq2seq.text.tokenizer import ByteTokenizer, Tokenizer

MAX_MODEL_BYTES = 2**28  # of a SentencePiece file: a million pieces take some 30 MB
SAMPLE = "ﬁne  ½ \u0416 ℃"  # which a tokenizer that normalises text would change


def given_pieces(config: TrainConfig) -> GivenPieces | None:
    """Read the pieces that `config` names; None: new ones are trained.

    Raises:
        RunError: a file is missing, damaged, or no tokenizer that this program can use.
        ConfigError: tokenizer.joint does not fit the pieces.
    """
    name = config.init.run or config.tokenizer.model
    if name is None:
        return None
    given = _read(Path(name))
    _require_joint(config, given, name)
    return given._replace(extend=config.init.vocabulary == "extend")


def with_own_pieces(config: TrainConfig, run: RunFolder) -> TrainConfig:
    """Return options that take the pieces of `run`, which resumes, from its own folder.

    What a run begins from may be gone since, and the run of new pieces has more.
    """
    if config.init.run is None and config.tokenizer.model is None:
        return config
    tokenizer = replace(config.tokenizer, model=str(run.folder))
    return replace(config, tokenizer=tokenizer, init=InitOptions())


def _read(path: Path) -> GivenPieces:
    if path.is_dir():
        run = RunFolder(path)
        source, target = run.read_tokenizers()
        given = GivenPieces(source, target, run.read_truecaser())
    else:
        tokenizer = _read_file(path)
        given = GivenPieces(tokenizer, tokenizer)
    for tokenizer in (given.source, given.target):
        _require_usable(path, tokenizer)
    return given


def _read_file(path: Path) -> Tokenizer:
    try:
        with open_regular(path) as file:
            size = file.seek(0, 2)
    except TextError as error:
        raise RunError(str(error)) from None
    if size > MAX_MODEL_BYTES:
        raise RunError(f"{path} is too large for a tokenizer: it may have {MAX_MODEL_BYTES} bytes")
    return Tokenizer.load(path)


def _require_usable(path: Path, tokenizer: Tokenizer) -> None:
    """Refuse a SentencePiece model with other special tokens, without bytes, or that normalises."""
    if isinstance(tokenizer, ByteTokenizer):
        return
    processor = tokenizer.processor
    ids = [processor.pad_id(), processor.bos_id(), processor.eos_id(), processor.unk_id()]
    if ids != [PAD, BOS, EOS, UNK]:
        raise RunError(
            f"{path} cannot be used: padding, BOS, EOS and unknown have the ids {ids} in it, and "
            f"{[PAD, BOS, EOS, UNK]} in this program"
        )
    if tokenizer.decode(tokenizer.encode([SAMPLE])) != [SAMPLE]:
        raise RunError(
            f"{path} cannot be used: it changes text; a model that keeps it is trained with "
            "byte_fallback and normalization_rule_name=identity"
        )


def _require_joint(config: TrainConfig, given: GivenPieces, name: str) -> None:
    is_joint = given.source is given.target
    if is_joint == config.tokenizer.joint:
        return
    if is_joint:
        raise ConfigError(f"{name} has one tokenizer for both sides: tokenizer.joint must be true")
    task = shipped_targets("task").get(str(config.task["_target_"]))
    side = Path(name) / run_files.TARGET_TOKENIZER
    advice = "add tokenizer.joint=false" if task == "translation" else f"tokenizer.model={side}"
    raise ConfigError(f"{name} has a tokenizer for each side: {advice}")
