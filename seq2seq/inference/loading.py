"""A run folder to a translator."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from seq2seq import builders
from seq2seq import run_folder as runs
from seq2seq.config.commands import DecodingConfig
from seq2seq.config.training import LengthLimits
from seq2seq.errors import RunError
from seq2seq.hardware import choose_device as pick
from seq2seq.inference.document_translator import DocumentTranslator
from seq2seq.inference.engines.cuda_graphs import CudaGraphModel
from seq2seq.inference.engines.ensemble import Ensemble
from seq2seq.inference.engines.incremental import IncrementalModel
from seq2seq.inference.translator import Translator
from seq2seq.search.greedy import Greedy
from seq2seq.search.interface import Search


def load_translator(
    run: str | Path | Sequence[str | Path],
    search: Search | None = None,
    limits: LengthLimits | None = None,
    batch: int = DecodingConfig.batch,
    device: str = DecodingConfig.device,
    trusted: Iterable[str] = (),
    precision: str = DecodingConfig.precision,
) -> Translator:
    """The translator that was trained into the folder `run`.

    Args:
        run: the folder; or several with one vocabulary, whose models say together what comes next.
        search: a strategy of `seq2seq.search`; greedy if left out.
        limits: on the length of a translation; those of `seq2seq.config.training` if left out.
        batch: lines that are translated together, at most. Results do not depend on it.
        device: auto, cpu, cuda or mps.
        trusted: modules beside our own that the run may take classes from.
        precision: fp32, bf16 or int8 (CPUs only) products.

    Raises:
        RunError: it is no run folder, or a damaged one.
        ConfigError: this machine has no such device or precision.
    """
    members, both, contexts = [], [], []
    for folder in [run] if isinstance(run, str | Path) else run:
        made = runs.RunFolder(Path(folder))
        config = made.read_config(trusted, "translation.TranslationTask")
        pieces = made.read_tokenizers()
        model = builders.build_translation(
            config.model, runs.vocab_sizes(*pieces), config.document_context
        )
        made.read_weights(model)
        quick = IncrementalModel(model.to(pick(device)), precision)
        members.append(CudaGraphModel(quick) if pick(device).type == "cuda" else quick)
        both.append(pieces)
        contexts.append(config.document_context)
        if [side.model for side in pieces] != [side.model for side in both[0]]:
            raise RunError(f"{folder} has other pieces than the first of the runs")
        if config.document_context != contexts[0]:
            raise RunError(
                f"{folder} was trained with document_context={config.document_context}, "
                "unlike the first"
            )
    together = Ensemble(members) if len(members) > 1 else members[0]
    kind = DocumentTranslator if contexts[0] == "carry" else Translator
    return kind(together, *both[0], search or Greedy(), limits or LengthLimits(), batch)
