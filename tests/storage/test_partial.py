"""Partial results of interrupted work, stored beside its output."""

from pathlib import Path

import pytest

from seq2seq.storage.partial import BatchResults, GroupResults, PartialResults, partial_path

GROUPS = [["a", "b"], ["c", ""], ["d"]]


def results(group: list[str]) -> GroupResults:
    return GroupResults([line.upper() for line in group], "".join(f"{x}\t1\n" for x in group))


def store(output: Path, groups: list[list[str]], fingerprint: str = "f") -> Path:
    partial = PartialResults(output, fingerprint)
    for group in groups:
        partial.append(group, results(group))
    partial.close()
    return partial.path


def recalled(output: Path, groups: list[list[str]], fingerprint: str = "f") -> int:
    """Return the number of groups that are recalled, each with its own results."""
    partial = PartialResults(output, fingerprint)
    count = 0
    for group in groups:
        stored = partial.recall(group)
        if stored is None:
            break
        assert stored == results(group)
        count += 1
    partial.close()
    return count


def test_all_groups_that_were_stored_are_recalled(tmp_path: Path) -> None:
    path = store(tmp_path / "out", GROUPS[:2])
    assert path == tmp_path / ".out.part"
    assert path.stat().st_mode & 0o077 == 0  # only its owner may read it
    assert recalled(tmp_path / "out", GROUPS) == 2


def test_nothing_is_recalled_for_another_fingerprint(tmp_path: Path) -> None:
    store(tmp_path / "out", GROUPS)
    assert recalled(tmp_path / "out", GROUPS, "g") == 0


def test_groups_are_recalled_up_to_the_first_changed_line(tmp_path: Path) -> None:
    store(tmp_path / "out", GROUPS)
    assert recalled(tmp_path / "out", [GROUPS[0], ["c", "x"], GROUPS[2]]) == 1


def test_groups_after_a_changed_one_are_not_recalled_though_they_are_the_same(
    tmp_path: Path,
) -> None:
    store(tmp_path / "out", GROUPS)
    partial = PartialResults(tmp_path / "out", "f")
    assert partial.recall(["a", "x"]) is None
    assert partial.recall(GROUPS[1]) is None
    partial.close()


def test_an_incomplete_last_group_is_stored_again(tmp_path: Path) -> None:
    path = store(tmp_path / "out", GROUPS)
    complete = path.read_bytes()
    for cut in range(1, len(complete.splitlines(keepends=True)[-1]) + 1):
        path.write_bytes(complete[:-cut])
        partial = PartialResults(tmp_path / "out", "f")
        assert [partial.recall(group) for group in GROUPS] == [*map(results, GROUPS[:2]), None]
        partial.append(GROUPS[2], results(GROUPS[2]))
        partial.close()
        assert path.read_bytes() == complete


def test_batches_of_the_interrupted_group_are_recalled_until_it_is_complete(tmp_path: Path) -> None:
    path = store(tmp_path / "out", GROUPS[:1])
    units: list[list[object]] = [["x"], ["y", "z"], [{"score": -1.5}]]
    batches = [BatchResults(each, [["term", "met", len(each)]]) for each in units]
    for number, batch in enumerate(batches):  # three processes, each of which is killed
        partial = PartialResults(tmp_path / "out", "f")
        assert partial.recall(GROUPS[0]) == results(GROUPS[0])
        assert partial.recall(GROUPS[1]) is None
        assert partial.batches(GROUPS[1]) == batches[:number]
        partial.append_batch(batch)
        partial.close()
    with path.open("ab") as file:
        file.write(b'{"hash": "')
    partial = PartialResults(tmp_path / "out", "f")
    partial.recall(GROUPS[0])
    assert partial.recall(GROUPS[1]) is None
    assert partial.batches(GROUPS[1]) == batches
    partial.append(GROUPS[1], results(GROUPS[1]))
    assert partial.recall(GROUPS[2]) is None
    assert partial.batches(GROUPS[2]) == []
    partial.append(GROUPS[2], results(GROUPS[2]))
    partial.close()

    assert partial.done == sum(map(len, GROUPS))
    whole = store(tmp_path / "whole", GROUPS)
    assert path.read_bytes() == whole.read_bytes()


def test_batches_of_other_lines_are_not_recalled(tmp_path: Path) -> None:
    partial = PartialResults(tmp_path / "out", "f")
    assert partial.recall(GROUPS[0]) is None
    partial.batches(GROUPS[0])
    partial.append_batch(BatchResults(["x"]))
    partial.close()

    partial = PartialResults(tmp_path / "out", "f")
    assert partial.recall(["a", "x"]) is None
    assert partial.batches(["a", "x"]) == []
    partial.close()


def test_a_file_that_is_no_partial_result_is_replaced(tmp_path: Path) -> None:
    for content in (b"", b"\x00\xff\n", b'"f"\n[1]\n', b'"f"\n{"hash": 1}\n', b"{" * 10_000):
        (tmp_path / ".out.part").write_bytes(content)
        assert recalled(tmp_path / "out", GROUPS) == 0
        store(tmp_path / "out", GROUPS, "f")
        (tmp_path / ".out.part").unlink()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    store(tmp_path / "other", GROUPS)
    (tmp_path / ".out.part").symlink_to(".other.part")
    before = (tmp_path / ".other.part").read_bytes()
    assert recalled(tmp_path / "out", GROUPS) == 0
    store(tmp_path / "out", GROUPS[:1])
    assert not (tmp_path / ".out.part").is_symlink()
    assert (tmp_path / ".other.part").read_bytes() == before


def test_it_is_beside_the_file_that_a_link_leads_to_and_its_name_is_never_too_long(
    tmp_path: Path,
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder/out")
    assert partial_path(tmp_path / "link") == tmp_path / "folder" / ".out.part"
    assert len(partial_path(tmp_path / ("n" * 250)).name) <= 255
    assert partial_path(tmp_path / ("n" * 250)) != partial_path(tmp_path / ("n" * 249))


def test_a_text_that_is_not_unicode_is_stored(tmp_path: Path) -> None:
    odd = GroupResults(["\udcff"], "\udcff\t\u2028\n")
    partial = PartialResults(tmp_path / "out", "f")
    partial.append(["\u2028"], odd)
    partial.close()
    partial = PartialResults(tmp_path / "out", "f")
    assert partial.recall(["\u2028"]) == odd
    partial.close()


def test_work_continues_where_nothing_can_be_stored(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    partial = PartialResults(tmp_path / "none" / "out", "f")
    for group in GROUPS:
        partial.append(group, results(group))
    partial.remove()
    assert [r.message for r in caplog.records] == [
        "an interrupted translation will start anew: No such file or directory"
    ]
