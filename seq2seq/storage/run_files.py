"""Names of the files of a run folder, for commands that check outputs before torch is imported."""

CONFIG = "config.yaml"
FACTS = "run.json"
MODEL = "model.safetensors"
LAST = "last.safetensors"
INITIAL = "initial.safetensors"
METRICS = "metrics.jsonl"
TEST = "test.jsonl"
AUDIT = "audit.json"
CARD = "README.md"
CURVES = "curves.png"
ATTENTION = "attention.png"
TRUECASE = "truecase.txt"
CONFIDENCE = "confidence.json"
RELIABILITY = "confidence.png"
TRANSLATIONS = "translations.txt"
TOKENIZER, SOURCE_TOKENIZER, TARGET_TOKENIZER = "tokenizer.model", "source.model", "target.model"

# Graphs of an exported network, and their precisions.
ONNX_PARTS, ONNX_PRECISIONS = ("tables", "encoder", "step"), ("fp32", "int8")


def onnx_file(part: str, precision: str) -> str:
    """Return the name of a file of an exported network."""
    return f"{part}.{precision}.onnx"


ONNX_FILES = tuple(onnx_file(part, p) for part in ONNX_PARTS for p in ONNX_PRECISIONS)
TOKENIZERS = (TOKENIZER, SOURCE_TOKENIZER, TARGET_TOKENIZER)  # one for both sides, or two
# Files of single tasks: test text of classifiers and language models, confusion matrix, captions.
TASK_FILES = ("test.tsv", "test.txt", "confusion.png", "captions.png")
# A command that reads a run replaces none of these files.
RUN_FILES = (
    *(CONFIG, FACTS, MODEL, LAST, INITIAL, METRICS, TEST, AUDIT, CARD, CURVES),
    *(ATTENTION, TRUECASE, CONFIDENCE, RELIABILITY, TRANSLATIONS),
    *TOKENIZERS,
    *ONNX_FILES,
    *TASK_FILES,
)
# Files that a translation depends on.
INFERENCE_FILES = (CONFIG, FACTS, MODEL, TRUECASE, CONFIDENCE, *TOKENIZERS, *ONNX_FILES)
# Files that translation and evaluation need, beside the weights.
COPIED_FILES = (CONFIG, FACTS, TEST, TRUECASE, CONFIDENCE, *TOKENIZERS)
