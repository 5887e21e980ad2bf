"""Bad rows and doubtful pairs of a corpus: counted with examples, dropped, or refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from seq2seq.config.corpus_options import DOUBTFUL_KINDS
from seq2seq.config.protect import ProtectOptions
from seq2seq.config.training import CleaningOptions, HeldOutOptions, TokenizerOptions
from seq2seq.data.cleaned_corpus import write_cleaned
from seq2seq.data.prepare_parallel import PreparedCorpus, prepare_parallel
from seq2seq.data.readers.parallel import parallel
from seq2seq.data.readers.tsv import tsv
from seq2seq.errors import TextError
from seq2seq.text.transforms import TextTransforms
from tests.toy_corpus import sentences

GOOD = [f"{source}\t{target}" for source, target in sentences()]
BAD = {
    "columns": "the dog\tder Hund\tmore",
    "mojibake": "The girl sees the bread.\tDas MÃ¤dchen sieht das Brot.",
    "swapped": "Der Hund sieht heute das Haus.\tThe dog sees the house today.",
    "language": "My friend likes a book again.\tmy friend likes a book, again.",
}
DOUBTFUL = {
    "entities": "It&apos;s the house.\tes ist das Haus.",
    "numbers": "two apples\t2 Äpfel",
    "emoji": "the cat \U0001f600\tdie Katze",
    "capitals": "THE DOG SEES THE HOUSE\tder Hund sieht das Haus",
    "repetition": "a book a book a book\tein Buch",
}


def prepared(folder: Path, rows: list[str], clean: CleaningOptions | None = None) -> PreparedCorpus:
    (folder / "train.tsv").write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    corpus = tsv(str(folder), "train.tsv", None, None, 1, 2, "en", "de", "our own")
    return prepare_parallel(
        corpus,
        clean or CleaningOptions(),
        HeldOutOptions(validation=2, test=2),
        TokenizerOptions(vocab_size=330),
        folder / "cache",
        ProtectOptions(),
    )


def test_each_kind_is_counted_with_its_example_and_broken_pairs_are_dropped(tmp_path: Path) -> None:
    made = prepared(tmp_path, [*GOOD, *BAD.values(), *DOUBTFUL.values()])

    train = made.audit.split("train")
    assert {kind: train.dropped[kind] for kind in BAD} == dict.fromkeys(BAD, 1)
    assert {kind: train.noticed[kind] for kind in DOUBTFUL} == dict.fromkeys(DOUBTFUL, 1)
    for kind, row in {**BAD, **DOUBTFUL}.items():
        expected = tuple(row.split("\t"))
        if kind == "columns":
            what = "most rows have 2: is there a tab in the text of one of them?"
            expected = f"train.tsv, line {len(GOOD) + 1}, has 3 columns, and {what}", row
        assert train.examples[kind] == [expected]
    kept = set(zip(made.train["source"], made.train["target"], strict=True))
    assert not {tuple(row.split("\t")) for row in BAD.values()} & kept
    table = made.audit.table()
    assert "- mojibake" in table
    assert "? numbers" in table


def test_kinds_are_dropped_on_demand(tmp_path: Path) -> None:
    everything = CleaningOptions(drop=list(DOUBTFUL_KINDS))

    made = prepared(tmp_path, [*GOOD, *BAD.values(), *DOUBTFUL.values()], everything)

    train = made.audit.split("train")
    assert {kind: train.dropped[kind] for kind in DOUBTFUL} == dict.fromkeys(DOUBTFUL, 1)
    assert not train.noticed

    nothing = prepared(tmp_path, [*GOOD, *BAD.values()], CleaningOptions(drop=[]))
    assert nothing.audit.split("train").noticed == {"mojibake": 1, "swapped": 1, "language": 1}


def test_near_duplicates_and_targets_of_many_sources_are_counted(tmp_path: Path) -> None:
    near = [f"page {n} of the book\tSeite {n} des Buches" for n in range(5)]
    many = [f"{word} it now\tBitte klicken" for word in "abcdefghijkl"]

    train = prepared(tmp_path, [*GOOD, *near, *many]).audit.split("train")
    assert train.noticed == {"near-duplicates": 4, "many-to-one": 11}
    assert train.examples["near-duplicates"][0] == ("page 1 of the book", "Seite 1 des Buches")

    drop = CleaningOptions(drop=["near-duplicates", "many-to-one"])
    dropped = prepared(tmp_path, [*GOOD, *near, *many], drop).audit.split("train").dropped
    assert (dropped["near-duplicates"], dropped["many-to-one"]) == (4, 11)


def test_strict_refuses_bad_rows_with_their_numbers_and_places(tmp_path: Path) -> None:
    strict = CleaningOptions(strict=True)
    rows = [*GOOD, *BAD.values()]

    with pytest.raises(TextError, match=r"1 columns \(.*line 181, has 3 columns") as caught:
        prepared(tmp_path, rows, strict)
    assert "1 mojibake" in str(caught.value)
    assert "\n" not in str(caught.value)

    prepared(tmp_path, rows)
    with pytest.raises(TextError, match=r"\(clean\.strict\)"):  # of a cached corpus too
        prepared(tmp_path, rows, strict)
    prepared(tmp_path, [*GOOD, *DOUBTFUL.values()], strict)  # these are kept


def test_the_fingerprint_is_that_of_earlier_versions_where_no_doubtful_pair_is_dropped(
    tmp_path: Path,
) -> None:
    earlier = prepared(tmp_path, GOOD, CleaningOptions(drop=[]))
    now = prepared(tmp_path, GOOD)
    assert now.fingerprint == earlier.fingerprint

    rows = [*GOOD, BAD["mojibake"]]
    kept, dropped = prepared(tmp_path, rows, CleaningOptions(drop=[])), prepared(tmp_path, rows)
    assert kept.fingerprint != dropped.fingerprint
    assert kept.train.num_rows == dropped.train.num_rows + 1


def test_options_about_what_is_counted_leave_the_earlier_place_in_the_cache(tmp_path: Path) -> None:
    prepared(tmp_path, GOOD, CleaningOptions(drop=[]))
    prepared(tmp_path, GOOD, replace(CleaningOptions(drop=[]), strict=True))

    assert len(list((tmp_path / "cache" / "prepared").iterdir())) == 1


def test_the_cleaned_corpus_is_read_back_and_each_dropped_row_has_its_place(tmp_path: Path) -> None:
    rows = [GOOD[0], *BAD.values(), *GOOD, ""]
    (tmp_path / "train.tsv").write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    corpus = tsv(str(tmp_path), "train.tsv", None, None, 1, 2, "en", "de", "our own")
    clean = tmp_path / "clean"
    clean.mkdir()

    audit = write_cleaned(corpus, CleaningOptions(), TextTransforms(), clean)

    again = parallel(str(clean), "train", None, None, "en", "de", "our own")
    assert [f"{pair.source}\t{pair.target}" for pair in again.splits["train"]] == GOOD
    header, *dropped = (clean / "dropped.tsv").read_text(encoding="utf-8").splitlines()
    assert header == "file\tline\treason\tsource\ttarget"
    place = str(tmp_path / "train.tsv")
    assert dropped[0] == f"{place}\t2\tcolumns\tthe dog der Hund more\t"
    assert dropped[1] == f"{place}\t3\tmojibake\t{BAD['mojibake']}"
    assert [row.split("\t")[1:3] for row in dropped[2:]] == [
        ["4", "swapped"], ["5", "language"], ["6", "duplicate"],
    ]  # fmt: skip
    assert audit.split("train").kept == len(GOOD)
    assert sorted(path.name for path in clean.iterdir()) == ["dropped.tsv", "train.de", "train.en"]


def test_pairs_with_a_low_weight_in_a_file_of_scores_are_dropped(tmp_path: Path) -> None:
    table = tmp_path / "scores.tsv"
    lines = [f"{n}\t{0.5 if n > 3 else 0.1}\t-1" for n in range(len(GOOD), 1, -1)]
    table.write_text("line\tweight\tlogprob\n" + "\n".join(lines) + "\n")
    records = tmp_path / "scores.jsonl"
    records.write_text("".join(f'{{"line": {n}, "weight": 0.5}}\n' for n in range(4, 181)))

    for file in (table, records):
        made = prepared(tmp_path, GOOD, CleaningOptions(scores=str(file), min_weight=0.2))
        train = made.audit.split("train")
        assert train.dropped["low score"] == 3  # two below 0.2 or without a row, one without a row
        assert train.examples["low score"] == [tuple(row.split("\t")) for row in GOOD[:3]]
        assert made.fingerprint != prepared(tmp_path, GOOD).fingerprint

    table.write_text("line\tweight\n181\t0.5\n")
    with pytest.raises(TextError, match=r"line 2, is about line 181 of 180"):
        prepared(tmp_path, GOOD, CleaningOptions(scores=str(table)))
    table.write_text("a\tb\n1\t2\n")
    with pytest.raises(TextError, match="no line and weight"):
        prepared(tmp_path, GOOD, CleaningOptions(scores=str(table)))
