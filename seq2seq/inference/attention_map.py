"""The attention weights of a translation."""

import torch

from seq2seq.data.batches import pad
from seq2seq.inference.translator import Translator
from seq2seq.plots.attention import AttentionMatrix
from seq2seq.text.special_tokens import BOS


@torch.inference_mode()
def attention_map(translator: Translator, line: str) -> AttentionMatrix | None:
    """Return the attention weights of one line's translation; None without attention.

    Of a line that is translated in several units it is the first.
    """
    units = translator.planner.plan([line])[0].units[:1]
    if not units:
        return None
    ids = units[0].ids
    best = translator.decoder.decode(units, pad([ids]), [1], scored=True)[0][0]
    if not best.tokens:
        return None
    model = translator.model.eval()
    device = next(model.parameters()).device
    source, _ = pad([ids])
    target, _ = pad([[BOS, *translator.target.ids(best.tokens)]])
    output = model(source.to(device), None, target.to(device))
    weights = output.weights[0, : len(best.tokens)].float().cpu().numpy()  # (T, S)
    if weights.shape[1] == 0:
        return None
    pieces = [translator.source.piece(token).replace("\u2581", "_") for token in ids]
    return AttentionMatrix(pieces, [piece.replace("\u2581", "_") for piece in best.tokens], weights)
