from collections.abc import Callable, Iterable, Iterator

from hypothesis import given
from hypothesis import strategies as st

from seq2seq.config.training import CleaningOptions, HeldOutOptions
from seq2seq.data.corpus import Pair
from seq2seq.data.splits import SplitAssignment, assign_splits
from seq2seq.text.normalization import dedup_key, normalize

Rows = list[tuple[str, str]]
ELSEWHERE = [("held out", "beiseite")]


def assigned(
    train: Rows,
    validation: Rows = ELSEWHERE,
    test: Rows = ELSEWHERE,
    clean: CleaningOptions | None = None,
    heldout: HeldOutOptions | None = None,
) -> tuple[SplitAssignment, dict[str, Rows]]:
    rows = {"train": train, "validation": validation, "test": test}

    def read(name: str) -> Iterator[Pair]:
        return (Pair(*row) for row in rows[name])

    made = assign_splits(
        {n: lambda n=n: read(n) for n in rows},  # type: ignore[misc]
        clean or CleaningOptions(),
        heldout or HeldOutOptions(),
        normalize,
    )
    return made, {n: [(p.source, p.target) for p in kept_pairs(made, n, read)] for n in rows}


def kept_pairs(
    made: SplitAssignment, split: str, read: Callable[[str], Iterable[Pair]]
) -> Iterator[Pair]:
    for name, mask in made.masks(split):
        yield from (pair for pair, is_kept in zip(read(name), mask, strict=True) if is_kept)


def test_dropped_pairs_are_counted_by_rule_and_kept_pairs_keep_their_order() -> None:
    made, kept = assigned(
        [("one", "eins"), ("", "leer"), ("OK", "OK"), ("two", "zwei"), ("one", "eins"),
         ("one ", "eins"), ("one", "ein")]
    )  # fmt: skip

    assert kept["train"] == [("one", "eins"), ("two", "zwei"), ("one", "ein")]
    train = made.audit.split("train")
    assert train.read == 7
    assert train.dropped == {"blank": 1, "copied": 1, "duplicate": 2}  # spaces make no difference
    assert train.kept == 3
    assert train.examples["duplicate"] == [("one", "eins"), ("one ", "eins")]


def test_duplicates_are_kept_on_demand() -> None:
    _, kept = assigned([("one", "eins"), ("one", "eins")], clean=CleaningOptions(duplicates=True))

    assert len(kept["train"]) == 2


def test_no_side_of_held_out_text_is_trained_on() -> None:
    made, kept = assigned(
        [("Hello.", "Hallo."), ("Hi", "Hallo"), ("Bye", "Tschüss"), ("Good", "gut")],
        validation=[("Well", "Gut!")],
        test=[("hello", "Servus")],
    )

    # The first shares its source with the test text, the last its target with the validation text,
    # case and punctuation apart; the second shares a target with a pair that is not held out.
    assert kept["train"] == [("Hi", "Hallo"), ("Bye", "Tschüss")]
    assert made.audit.split("train").dropped == {"in held-out text": 2}
    assert kept["test"] == [("hello", "Servus")]


def test_only_blank_pairs_are_dropped_of_held_out_text_that_the_corpus_brings() -> None:
    same = [("OK", "OK"), ("OK", "OK"), ("", "x"), ("a" * 2000, "b")]

    made, kept = assigned([("one", "eins")], validation=same, test=same)

    assert kept["test"] == kept["validation"] == [("OK", "OK"), ("OK", "OK"), ("a" * 2000, "b")]
    assert made.audit.split("test").dropped == {"blank": 1}


def test_overlap_is_kept_on_demand() -> None:
    _, kept = assigned(
        [("one", "eins")], test=[("one", "eins")], clean=CleaningOptions(overlap=True)
    )

    assert kept["train"] == [("one", "eins")]


@given(st.permutations(range(60)))
def test_the_held_out_pairs_do_not_depend_on_the_order_of_the_text(order: list[int]) -> None:
    rows = [(f"source {i}", f"target {i}") for i in range(60)]
    heldout = HeldOutOptions(validation=4, test=3, share=0.2)

    made, kept = assigned([rows[i] for i in order], [], [], heldout=heldout)
    _, usual = assigned(rows, [], [], heldout=heldout)

    assert {n: set(part) for n, part in kept.items()} == {n: set(p) for n, p in usual.items()}
    assert [len(kept[n]) for n in ("train", "validation", "test")] == [53, 4, 3]
    assert made.audit.split("train").dropped == {
        "held out for validation": 4,
        "held out for test": 3,
    }


def test_no_more_than_a_share_is_held_out() -> None:
    rows = [(f"source {i}", f"target {i}") for i in range(100)]

    _, kept = assigned(rows, [], [], heldout=HeldOutOptions(validation=1000, test=1000, share=0.05))

    # A twentieth of 100, and of the 95 that are left then.
    assert [len(kept[n]) for n in ("train", "validation", "test")] == [91, 5, 4]


@given(
    st.lists(
        st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("stuvwxyz")), min_size=4, max_size=40
    )
)
def test_held_out_splits_share_no_side(rows: Rows) -> None:
    _, kept = assigned(rows, [], [], heldout=HeldOutOptions(validation=3, test=3, share=0.2))

    for one, other in (("train", "validation"), ("train", "test"), ("validation", "test")):
        for side in (0, 1):
            first, second = ({dedup_key(pair[side]) for pair in kept[n]} for n in (one, other))
            assert not first & second


def test_whole_documents_are_held_out() -> None:
    # Ten documents of 1 to 10 sentences, and 45 sentences of none.
    pairs = [Pair(f"s{d} {n}", f"t{d} {n}", f"d{d}") for d in range(10) for n in range(d + 1)]
    pairs += [Pair(f"alone {n}", f"allein {n}") for n in range(45)]
    rows = {"train": pairs, "validation": [], "test": []}
    reading = {n: lambda n=n: iter(rows[n]) for n in rows}

    made = assign_splits(reading, CleaningOptions(), HeldOutOptions(share=0.25), normalize)

    kept = {n: list(kept_pairs(made, n, rows.__getitem__)) for n in rows}
    where = {n: {pair.document for pair in found} - {None} for n, found in kept.items()}
    assert not where["train"] & where["validation"]
    assert not where["train"] & where["test"]
    assert not where["validation"] & where["test"]
    assert sum(map(len, kept.values())) == len(pairs)
    for name in ("validation", "test"):
        assert where[name]
        assert 0 < len(kept[name]) <= 25  # a quarter of all at most
