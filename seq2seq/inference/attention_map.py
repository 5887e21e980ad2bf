"""The attention weights of a translation."""

from seq2seq.inference.forced_attention import attention_weights, has_attention
from seq2seq.inference.translator import Translator
from seq2seq.inference.unit_decoding import UnitBatch
from seq2seq.plots.attention import AttentionMatrix


def attention_map(translator: Translator, line: str) -> AttentionMatrix | None:
    """Return the attention weights of one line's translation; None without attention.

    Of a line that is translated in several units it is the first.
    """
    units = translator.planner.plan([line])[0].units[:1]
    if not units:
        return None
    ids = units[0].ids
    batch = UnitBatch.of(units, [1], scored=True)
    best = translator.decoder.decode(batch)[0][0]
    if not best.tokens or not has_attention(translator.model):
        return None
    targets = [translator.target.ids(best.tokens)]
    weights = attention_weights(translator.model, batch.source, targets)[0].numpy()  # (T, S)
    pieces = [translator.source.piece(token).replace("\u2581", "_") for token in ids]
    return AttentionMatrix(pieces, [piece.replace("\u2581", "_") for piece in best.tokens], weights)
