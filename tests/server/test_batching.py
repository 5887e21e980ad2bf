"""The queue of lines: who is translated with whom, and when."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from seq2seq.server.batching import LineQueue
from seq2seq.server.messages import LineJob, LineOptions

GREEDY, BEAM = LineOptions(0), LineOptions(0, n_best=5)


def in_loop(test: Callable[[LineQueue], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        await test(LineQueue())

    asyncio.run(run())


def jobs(*texts: str) -> list[LineJob]:
    return [LineJob(text) for text in texts]


async def taken(queue: LineQueue, size: int) -> list[str]:
    return [line.job.text for line in (await queue.take(size)).lines]


def test_lines_that_have_come_are_one_batch_in_turns() -> None:
    async def test(queue: LineQueue) -> None:
        queue.put(GREEDY, jobs("a1", "a2", "a3", "a4"))
        queue.put(GREEDY, jobs("b1"))
        queue.put(GREEDY, jobs("c1", "c2"))
        assert await taken(queue, 3) == ["a1", "b1", "c1"]
        assert sorted(await taken(queue, 3)) == ["a2", "a3", "c2"]  # 3 // 2 each, then the rest
        assert await taken(queue, 3) == ["a4"]
        assert queue.count == 0

    in_loop(test)


def test_lines_with_other_options_are_in_another_batch() -> None:
    async def test(queue: LineQueue) -> None:
        queue.put(GREEDY, jobs("a"))
        queue.put(BEAM, jobs("b"))
        queue.put(GREEDY, jobs("c"))
        assert await taken(queue, 9) == ["a", "c"]
        assert await taken(queue, 9) == ["b"]

    in_loop(test)


def test_lines_of_a_client_that_has_gone_are_not_translated() -> None:
    async def test(queue: LineQueue) -> None:
        for future in queue.put(GREEDY, jobs("a1", "a2")):
            future.cancel()
        queue.put(GREEDY, jobs("b"))
        assert await taken(queue, 9) == ["b"]
        assert queue.count == 0

    in_loop(test)


def test_lines_of_a_dead_worker_are_tried_once_more_each_alone() -> None:
    async def test(queue: LineQueue) -> None:
        futures = queue.put(GREEDY, jobs("a", "b"))
        queue.put_back(await queue.take(9))
        first, second = await queue.take(9), await queue.take(9)
        assert [len(first.lines), len(second.lines)] == [1, 1]
        queue.put_back(first)
        first_line = first.lines[0].job.text
        failed = futures["ab".index(first_line)]
        assert failed.result() == {"error": "the text cannot be translated", "status": 500}
        assert queue.count == 0

    in_loop(test)


@given(
    requests=st.lists(st.tuples(st.integers(0, 7), st.sampled_from([GREEDY, BEAM])), max_size=9),
    size=st.integers(1, 8),
)
def test_every_line_is_taken_once_and_none_waits_for_ever(
    requests: list[tuple[int, LineOptions]], size: int
) -> None:
    async def test(queue: LineQueue) -> None:
        names = []
        for number, (count, options) in enumerate(requests):
            texts = [f"{number}.{line}" for line in range(count)]
            queue.put(options, jobs(*texts))
            names += texts
        found: list[str] = []
        while queue.count:
            batch = await queue.take(size)
            assert 1 <= len(batch.lines) <= size
            assert {line.options for line in batch.lines} == {batch.options}
            found += [line.job.text for line in batch.lines]
        assert sorted(found) == sorted(names)

    in_loop(test)
