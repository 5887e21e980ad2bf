"""Jobs in shards: killed workers, killed jobs, lines that fail, and Ray clusters that lose nodes.

The output must be that of one process, byte for byte.
"""

import json
import os
import shutil
import signal
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from seq2seq.commands.classify import classify
from seq2seq.commands.line_jobs import translate_by_workers
from seq2seq.commands.score import score
from seq2seq.commands.synthesize import synthesize
from seq2seq.commands.translate import translate as translate_files
from seq2seq.config.commands import ClassifyConfig, ScoreConfig, TranslateConfig
from seq2seq.config.synthesis import SynthesizeConfig
from seq2seq.config.workers import WorkerOptions
from seq2seq.errors import ConfigError, RunError, TextError
from seq2seq.jobs import running
from seq2seq.jobs.folder import JobFolder, LineRange
from seq2seq.jobs.manifest import Manifest, ShardReader, cut_texts
from seq2seq.jobs.running import JobWork, job_path, open_job
from seq2seq.jobs.shards import JobSpec, ShardAttempt, work_off
from seq2seq.storage.partial import GroupResults
from tests.posix import needs_posix
from tests.processes import run_command, start_command

FROZEN = Path(__file__).parent.parent / "frozen_runs" / "9491cbe"
BLOCK = 64  # lines of a block when one line is decoded at a time
LINES = 8 * BLOCK
WORDS = ("run=run", "input=in", "output=out", "scores=out.jsonl", "batch=1")


class Capitals:
    """Work that needs no model: lines in capitals."""

    block = 4

    def __init__(self, bad: Sequence[str] = ()) -> None:
        self.bad = bad
        self.calls: Counter[int] = Counter()

    def results(self, text: int, first: int, columns: Sequence[list[str]]) -> GroupResults:
        del text
        if any(line in self.bad for line in columns[0]):
            self.calls[len(columns[0])] += 1
            raise ValueError("bad line")
        return GroupResults([line.upper() for line in columns[0]], f"{first} ")


def load_capitals(bad: list[str]) -> Capitals:
    """Return the work of a job of these tests."""
    return Capitals(bad)


class ThisProcess:
    """Workers that work here and now."""

    def __init__(self, spec: JobSpec, _: object) -> None:
        self.error = work_off(spec, "here")

    def check(self, done: int) -> None:
        del done
        if self.error:
            raise RunError(self.error)

    def close(self) -> None:
        pass


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current folder, with a text of ten lines and a run."""
    monkeypatch.chdir(tmp_path)
    Path("text").write_bytes(b"".join(b"l%d\r\n" % n for n in range(1, 11)))
    return tmp_path


def capitals(bad: list[str] | None = None, **facts: object) -> JobWork:
    return JobWork([["text"]], "out", facts, 4, f"{__name__}:load_capitals", bad or [])


def joined(work: JobWork, **options: Any) -> tuple[list[str], list[int]]:
    """Return the results of a job, and the numbers of its rejected lines."""
    with open_job(work, WorkerOptions(processes=1, **options), resume=True) as job:
        assert job is not None
        lines = [line for part in job.results(0) for line in part.results.lines]
        return lines, [reject.line for _, reject in job.rejects]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "start_workers", ThisProcess)
    monkeypatch.setattr("seq2seq.jobs.shards.load_work", lambda spec: Capitals(spec.options))


@pytest.mark.usefixtures("home", "here")
def test_results_come_in_the_order_of_the_lines_and_nothing_stays() -> None:
    assert joined(capitals()) == ([f"L{n}" for n in range(1, 11)], [])
    assert not job_path("out").exists()


@pytest.mark.usefixtures("home", "here")
def test_a_line_that_fails_three_times_is_rejected_and_the_count_holds() -> None:
    lines, rejected = joined(capitals(["l6"]), lines=8)

    assert lines == [f"L{n}" if n != 6 else "" for n in range(1, 11)]
    assert rejected == [6]


@pytest.mark.usefixtures("home", "here")
def test_more_rejects_than_allowed_end_the_job() -> None:
    with pytest.raises(RunError, match=r"more than 1 lines failed 3 times, the last line 6: Value"):
        joined(capitals(["l5", "l6"]), max_rejects=1)


def attempt(folder: JobFolder, work: Capitals) -> ShardAttempt:
    return ShardAttempt(folder, 0, cut_texts([["text"]], 4)[0], work, 9)


@pytest.mark.usefixtures("home")
def test_deaths_of_workers_on_a_line_are_counted_over_all_workers(tmp_path: Path) -> None:
    folder, work = JobFolder(tmp_path / "job"), Capitals()
    folder.create()
    tried = [*[LineRange(1, 4)] * 3, LineRange(1, 2), *[LineRange(2, 1)] * 3]
    for deaths, lines in enumerate(tried, 1):
        folder.add_attempt(0, "begin", lines)
        folder.take("0", "w", 60)
        folder.note_death("w", "signal 11")
        assert folder.attempts(0)[0].total() == deaths
    columns = [[f"l{n}" for n in range(1, 5)]]

    part = attempt(folder, work).part(columns)

    assert part.results.lines == ["L1", "", "L3", "L4"]
    assert [(reject.line, reject.reason) for reject in part.rejects] == [(2, "its worker ended")]


@pytest.mark.usefixtures("home")
def test_a_failing_line_is_tried_three_times_and_its_block_too() -> None:
    folder, work = JobFolder(Path("job")), Capitals(["l2"])
    folder.create()

    attempt(folder, work).part([[f"l{n}" for n in range(1, 5)]])

    assert work.calls == {4: 3, 2: 1, 1: 3}


@pytest.mark.usefixtures("home", "here")
def test_parts_are_used_by_the_same_command_and_refused_by_another() -> None:
    def interrupt() -> None:
        with open_job(capitals(batch=1), WorkerOptions(processes=1), resume=True):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupt()
    folder = JobFolder(job_path("out"))
    assert folder.done() == {0, 1, 2}
    (folder.path / "parts" / "000001.json").unlink()
    with pytest.raises(RunError, match="differs in batch: remove it"):
        joined(capitals(batch=2))
    text = Path("text").read_bytes()
    Path("text").write_bytes(text.replace(b"l7", b"l8"))
    with pytest.raises(RunError, match="differs in input: remove it"):
        joined(capitals(batch=1))
    Path("text").write_bytes(text)
    with open_job(capitals(batch=1), WorkerOptions(processes=1), resume=True) as job:
        assert job is not None
        assert len(list(job.results(0))) == 3
        assert "10 of 10 lines" in job.progress(folder.done())


@pytest.mark.usefixtures("home", "here")
def test_of_several_commands_that_share_a_job_one_writes_the_output() -> None:
    options = WorkerOptions(processes=1, engine="shared")
    with open_job(capitals(), options, resume=True) as job:
        assert job is not None
        Path("out").write_text("done")
    with open_job(capitals(), options, resume=True) as late:
        assert late is None


@needs_posix
@pytest.mark.usefixtures("home")
def test_a_lease_of_a_dead_or_silent_worker_is_taken_over_and_no_other() -> None:
    folder = JobFolder(Path("job"))
    folder.create()
    assert folder.take("0", "a", 60)
    assert not folder.take("0", "b", 60)
    os.utime(folder.path / "leases" / "0", (1, 1))
    assert folder.take("0", "b", 60)
    process = os.fork()
    if process == 0:
        folder.take("1", "c", 60)
        os._exit(0)
    os.waitpid(process, 0)
    assert folder.take("1", "b", 60)
    assert sorted(folder.leases_of("b")) == ["0", "1"]


@pytest.mark.parametrize("name", ["text", "text.gz", "text.zst"])
def test_shards_are_read_in_any_order_and_a_changed_text_is_refused(home: Path, name: str) -> None:
    from seq2seq.storage.files import OPENERS

    data = b"\xef\xbb\xbfone\n\xef\xbb\xbftwo\r\n\xe2\x80\xa8\n\nlast"
    with OPENERS.get(Path(name).suffix, open)(home / name, "wb") as file:
        file.write(data)
    shards = cut_texts([[name]], 2)
    manifest = Manifest.from_json(Manifest({}, [[name]], shards).to_json())
    reader = ShardReader(manifest.texts)

    read = [reader.read(manifest.shards[number])[0] for number in (2, 0, 1)]

    assert read == [["last"], ["one", "\ufefftwo"], ["\u2028", ""]]
    with pytest.raises(TextError, match="has changed since the job began"):
        reader.read(shards[0]._replace(fingerprint="0"))
    reader.close()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a run, an input, and its translation by one process."""
    folder = tmp_path_factory.mktemp("home")
    shutil.copytree(FROZEN / "translation", folder / "run")
    text = json.loads((folder / "run" / "expected.json").read_text())["input"]
    lines = [text[i // 8 % len(text)] if i % 8 == 0 else "" for i in range(LINES)]
    (folder / "in").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    whole = [w.replace("=out", "=whole") for w in WORDS]
    done = run_command("translate", *whole, folder=folder)
    assert done.returncode == 0, done.stderr
    return folder


def require_whole(folder: Path) -> None:
    """Require the output of one process, and no other file."""
    for end in ("", ".jsonl"):
        assert (folder / f"out{end}").read_bytes() == (folder / f"whole{end}").read_bytes()
        (folder / f"out{end}").unlink()
    assert not list(folder.glob(".*"))


def wait_for_parts(folder: Path, count: int) -> None:
    deadline = time.monotonic() + 100
    while len(list((folder / ".out.parts" / "parts").glob("*.json"))) < count:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@needs_posix
@pytest.mark.slow
def test_a_killed_job_goes_on_and_a_killed_worker_is_replaced(run: Path) -> None:
    words = [*WORDS, "workers.processes=1"]
    first = start_command("translate", *words, folder=run)
    wait_for_parts(run, 2)
    first.kill()
    first.communicate()
    assert not (run / "out").exists()
    leases = run / ".out.parts" / "leases"
    second = start_command("translate", *words, folder=run)
    found: set[int] = set()
    while not found and second.poll() is None:
        for path in leases.glob("[0-9]*"):
            with suppress(FileNotFoundError):  # a shard may be done in between
                if (owner := path.read_text())[1:].startswith(f'"{second.pid}-'):
                    found.add(json.loads(owner)[2])
    os.kill(found.pop(), signal.SIGKILL)
    printed = second.communicate(timeout=100)[1]

    assert second.returncode == 0, printed
    assert "of them before an interruption" in printed
    require_whole(run)


@pytest.mark.slow
def test_a_mistake_that_a_worker_finds_is_one_line(run: Path) -> None:
    words = ["run=nowhere", *WORDS[1:], "workers.processes=1"]
    done = run_command("translate", *words, folder=run)

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "nowhere" in done.stderr
    assert not list(run.glob(".*"))


def test_workers_need_files_and_lines_that_do_not_depend_on_one_another(home: Path) -> None:
    search = {"_target_": "seq2seq.search.greedy.Greedy"}
    config = TranslateConfig(
        run=str(FROZEN / "documents"), input="-", output="out", search=search,
        workers=WorkerOptions(processes=1),
    )  # fmt: skip
    with pytest.raises(ConfigError, match="workers need files as input and output"):
        translate_files(config, home)
    config.processes = 2
    with pytest.raises(ConfigError, match="goes neither with memory nor with processes"):
        translate_by_workers(config, [("text", "out")])


@pytest.mark.parametrize("reference", [None, "references"])
def test_pairs_labels_and_scores_by_workers_are_those_of_one_process(
    home: Path, monkeypatch: pytest.MonkeyPatch, reference: str | None
) -> None:
    monkeypatch.setattr(running, "start_workers", ThisProcess)
    Path("mono").write_text("Today Anna paints the door.\n\nAnna\tsees the cat.\n" * 30)
    Path("references").write_text("".join(f"Tür {n} Anna\n" for n in range(90)))
    beam = {
        "_target_": "seq2seq.search.beam.Beam", "beam_size": 2, "length_penalty": 1.0,
        "coverage_penalty": 0.0, "n_best": 2,
    }  # fmt: skip

    def write(workers: int) -> bytes:
        given = WorkerOptions(processes=workers)
        synthesize(
            SynthesizeConfig(
                run=str(FROZEN / "translation"), input="mono", output=f"{workers}.tsv", batch=1,
                search=beam, device="cpu", workers=given, threshold=0.01, reference=reference,
            ),
            home,
        )  # fmt: skip
        classifier = str(FROZEN / "classification")
        classify(
            ClassifyConfig(run=classifier, input="mono", output=f"{workers}", workers=given), home
        )
        runs = str(FROZEN / "translation")
        score(
            ScoreConfig(
                run=runs, source="mono", target="references", output=f"{workers}.jsonl",
                sort=True, batch=1, device="cpu", workers=given,
            ),
            home,
        )  # fmt: skip
        return b"".join(Path(f"{workers}{end}").read_bytes() for end in ("", ".tsv", ".jsonl"))

    assert write(1) == write(0)


@needs_posix
@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_ray_cluster_that_loses_a_node_writes_the_output_of_one_process(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster_utils = pytest.importorskip("ray.cluster_utils")

    monkeypatch.setenv("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    cluster = cluster_utils.Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        nodes = [cluster.add_node(num_cpus=1) for _ in range(2)]
        words = ["workers.processes=3", "workers.engine=ray", f"workers.address={cluster.address}"]
        command = start_command("translate", *WORDS, *words, folder=run)
        wait_for_parts(run, 1)
        cluster.remove_node(nodes[0], allow_graceful=False)
        printed = command.communicate(timeout=150)[1]
        assert command.returncode == 0, printed
    finally:
        cluster.shutdown()
    require_whole(run)
