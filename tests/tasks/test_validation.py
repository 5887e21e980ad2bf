"""Samples of validations, and the examples of a model card."""

from seq2seq.run_folder import HeldOutPair
from seq2seq.tasks.validation import changing_samples, worst_and_median


def test_samples_change_from_step_to_step_and_include_a_long_line() -> None:
    sizes = [10] * 90 + [200] * 10  # the longest tenth counts as long

    samples = [changing_samples(sizes, 3, step) for step in (100, 200, 300)]

    assert len({tuple(indices) for indices in samples}) == 3
    for indices in samples:
        assert len(set(indices)) == 3
        assert max(sizes[index] for index in indices) == 200
    assert samples[0] == changing_samples(sizes, 3, 100)


def test_samples_are_at_most_all_lines() -> None:
    assert sorted(changing_samples([3, 1], 10, 1)) == [0, 1]
    assert changing_samples([3, 1], 0, 1) == []


def test_the_table_has_the_worst_and_the_median_translations_by_chrf() -> None:
    pairs = [HeldOutPair(f"s{i}", "eine Katze") for i in range(5)]
    hypotheses = ["eine Katze", "xx", "eine Katz", "eine", "e|n"]

    lines = worst_and_median(pairs, hypotheses, 1).splitlines()

    assert lines[2] == "| worst | 0 | s1 | eine Katze | xx |"
    assert lines[3].startswith("| median | ")
    assert lines[3].endswith("| s3 | eine Katze | eine |")
    assert len(lines) == 4


def test_a_sentence_stands_for_a_table_of_translations_that_all_equal_their_references() -> None:
    pairs = [HeldOutPair(f"s{i}", "eine Katze") for i in range(3)]

    assert worst_and_median(pairs, ["eine Katze"] * 3, 2).startswith(
        "Every test translation equals"
    )
    assert "| worst |" in worst_and_median(pairs, ["eine Katze", "eine", "eine Katze"], 2)
