"""Names of the files of a run folder, for commands that check outputs before torch is imported."""

CONFIG = "config.yaml"
FACTS = "run.json"
MODEL = "model.safetensors"
LAST = "last.safetensors"
METRICS = "metrics.jsonl"
TEST = "test.jsonl"
AUDIT = "audit.json"
CARD = "README.md"
CURVES = "curves.png"
ATTENTION = "attention.png"
TOKENIZER, SOURCE_TOKENIZER, TARGET_TOKENIZER = "tokenizer.model", "source.model", "target.model"

TOKENIZERS = (TOKENIZER, SOURCE_TOKENIZER, TARGET_TOKENIZER)  # one of both sides, or two
# Of tasks: the test text of a classifier and of a language model, confusion matrix, captions.
TASK_FILES = ("test.tsv", "test.txt", "confusion.png", "captions.png")
# No command that reads a run replaces one of these.
RUN_FILES = (
    *(CONFIG, FACTS, MODEL, LAST, METRICS, TEST, AUDIT, CARD, CURVES, ATTENTION),
    *TOKENIZERS,
    *TASK_FILES,
)
INFERENCE_FILES = (CONFIG, MODEL, *TOKENIZERS)  # that a translation depends on
COPIED_FILES = (CONFIG, FACTS, TEST, *TOKENIZERS)  # beside weights, for translation and evaluation
