"""Latency, throughput and memory of the server, beside the library.

python -m benchmarks.serve RUN [REQUESTS [OPTION ...]]

Lines are the run's test text, for one request alone those of 10 to 14 words. Products are int8, on
CPUs. The client is this process, with connections that it keeps; OPTIONs are those of `serve`. One
request alone is compared with a call of the library, 64 connections with lines that the library
translates together. Half load are requests at random times, half as many a second as 64 connections
reach; once with the lines of one request alone, and once with all texts, of which few are long.
CPU times are those of all processes of the server. Memory is resident memory of all of them
before and after REQUESTS requests, 5,000 if left out.
"""

import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import seq2seq
from benchmarks import results
from seq2seq.run_folder import RunFolder

WORDS = range(10, 15)
ONE_BY_ONE = 100  # requests, one after the other
CONNECTIONS = 64
ROUNDS = 3  # of throughput, the library and the server in turns
HALF_LOAD_SECONDS = 10.0
COLUMNS = ("measure", "server", "library", "CPU ms each, server", "CPU ms each, library")


class Usage(NamedTuple):
    """CPU seconds and resident MB of processes."""

    cpu: float
    megabytes: float


def usage(pid: int) -> Usage:
    """Return what a process and its children have used."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    cpu = pages = 0
    for each in (str(pid), *children):
        fields = Path(f"/proc/{each}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        cpu += int(fields[11]) + int(fields[12])
        pages += int(fields[21])
    return Usage(cpu / os.sysconf("SC_CLK_TCK"), pages * os.sysconf("SC_PAGESIZE") / 2**20)


class Connection:
    """A connection that is kept, and sends one request after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, address: str) -> "Connection":
        """Connect."""
        parts = urlsplit(address)
        return cls(*await asyncio.open_connection(parts.hostname, parts.port))

    async def translate(self, line: str, pair: tuple[str, str]) -> str:
        """Return the translation of a line."""
        body = json.dumps({"q": line, "source": pair[0], "target": pair[1]}).encode()
        self.writer.write(
            b"POST /translate HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            b"content-length: %d\r\n\r\n%b" % (len(body), body)
        )
        head = await self.reader.readuntil(b"\r\n\r\n")
        size = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        answer = json.loads(await self.reader.readexactly(size))
        assert head.startswith(b"HTTP/1.1 200"), answer
        return str(answer["translatedText"])


class Load:
    """Requests of many connections to a server."""

    def __init__(self, address: str, pair: tuple[str, str]) -> None:
        self.address, self.pair = address, pair
        self.connections: list[Connection] = []

    async def connect(self, count: int) -> None:
        """Open connections; a server closes those that have been idle for long."""
        for connection in self.connections:
            connection.writer.close()
        self.connections = [await Connection.open(self.address) for _ in range(count)]

    async def alone(self, lines: Sequence[str]) -> list[float]:
        """Return the seconds of each request, of one connection."""
        seconds = []
        for line in lines:
            start = time.perf_counter()
            await self.connections[0].translate(line, self.pair)
            seconds.append(time.perf_counter() - start)
        return seconds

    async def together(self, lines: Sequence[str]) -> list[str]:
        """Return translations of lines, which all connections send as fast as they can."""
        left, found = list(enumerate(lines))[::-1], [""] * len(lines)

        async def send(connection: Connection) -> None:
            while left:
                index, line = left.pop()
                found[index] = await connection.translate(line, self.pair)

        await asyncio.gather(*(send(each) for each in self.connections))
        return found

    async def at_rate(self, lines: Sequence[str], per_second: float) -> list[float]:
        """Return the seconds of requests that come at random times."""
        free: asyncio.Queue[Connection] = asyncio.Queue()
        for connection in self.connections:
            free.put_nowait(connection)
        chance, seconds = random.Random(1), list[float]()

        async def send(line: str) -> None:
            start = time.perf_counter()
            connection = await free.get()
            await connection.translate(line, self.pair)
            seconds.append(time.perf_counter() - start)
            free.put_nowait(connection)

        tasks = []
        for line in lines:
            await asyncio.sleep(chance.expovariate(per_second))
            tasks.append(asyncio.create_task(send(line)))
        await asyncio.gather(*tasks)
        return seconds


def milliseconds(seconds: float) -> str:
    """Return a time as text."""
    return f"{1000 * seconds:.1f} ms"


class Benchmark:
    """The measurements of a run."""

    def __init__(self, run: str, options: Sequence[str]) -> None:
        self.run, self.options = run, options
        texts = [pair.source for pair in RunFolder(Path(run)).read_test()]
        self.texts = [text for text in texts if "\n" not in text]
        self.lines = [text for text in self.texts if len(text.split()) in WORDS]
        facts = RunFolder(Path(run)).read_facts()
        self.pair = (str(facts["source"]), str(facts["target"]))
        self.translator = seq2seq.load(run, device="cpu", precision="int8")
        self.rows: list[tuple[str, ...]] = []

    def some(self, lines: Sequence[str], count: int) -> list[str]:
        """Return as many lines, again from the first one where there are too few."""
        return [*lines, *(list(lines) * (count // len(lines)))][:count]

    async def measure(self, server: "subprocess.Popen[str]", address: str, requests: int) -> None:
        """Measure everything."""
        load = Load(address, self.pair)
        await load.connect(CONNECTIONS)
        assert await load.together(self.lines) == self.translator.translate(self.lines)
        await self._alone(load, server.pid)
        rate = await self._together(load, server.pid)
        await self._half_load(load, self.lines, await self._rate_of(load, self.lines), "12 words")
        await self._half_load(load, self.texts, rate, "all texts")
        before = usage(server.pid).megabytes
        await load.together(self.some(self.texts, requests))
        after = usage(server.pid).megabytes
        text = f"{before:.0f} MB, then {after:.0f} MB"
        self.rows.append((f"memory before and after {requests:,} requests", text, "", "", ""))

    async def _rate_of(self, load: Load, lines: Sequence[str]) -> float:
        """Return the requests per second that all connections reach with some lines."""
        repeated = self.some(lines, 1000)
        start = time.perf_counter()
        await load.together(repeated)
        return len(repeated) / (time.perf_counter() - start)

    async def _half_load(self, load: Load, lines: Sequence[str], rate: float, name: str) -> None:
        count = int(HALF_LOAD_SECONDS * rate / 2)
        seconds = sorted(await load.at_rate(self.some(lines, count), rate / 2))
        median, p95 = (seconds[int(share * len(seconds))] for share in (0.5, 0.95))
        text = f"{milliseconds(p95)} (median {milliseconds(median)}), {rate / 2:.0f} a second"
        self.rows.append((f"half load, {name}: 95 % take at most", text, "", "", ""))

    async def _alone(self, load: Load, pid: int) -> None:
        lines = self.some(self.lines, ONE_BY_ONE)
        calls, cpu = [], time.process_time()
        for line in lines:
            start = time.perf_counter()
            self.translator.translate([line])
            calls.append(time.perf_counter() - start)
        cpu = time.process_time() - cpu
        await load.connect(1)
        before = usage(pid).cpu
        seconds = await load.alone(lines)
        of_server = usage(pid).cpu - before
        medians = [milliseconds(statistics.median(each)) for each in (seconds, calls)]
        each = [milliseconds(total / ONE_BY_ONE) for total in (of_server, cpu)]
        self.rows.append(("one request alone, median", *medians, *each))

    async def _together(self, load: Load, pid: int) -> float:
        """Return the requests per second of all connections."""
        lines = self.texts
        rates: list[tuple[float, float]] = []
        usages: list[tuple[float, float]] = []
        for _ in range(ROUNDS):
            start, cpu = time.perf_counter(), time.process_time()
            self.translator.translate(lines)
            of_library = len(lines) / (time.perf_counter() - start)
            library_cpu = time.process_time() - cpu
            await load.connect(CONNECTIONS)
            start, cpu = time.perf_counter(), usage(pid).cpu
            await load.together(lines)
            rates.append((len(lines) / (time.perf_counter() - start), of_library))
            usages.append((usage(pid).cpu - cpu, library_cpu))
        server, library = (statistics.median(column) for column in zip(*rates, strict=True))
        ratio = statistics.median(a / b for a, b in rates)
        cpus = [statistics.median(column) / len(lines) for column in zip(*usages, strict=True)]
        text = f"{server:.0f} lines/s ({100 * ratio:.0f} %)"
        row = (f"{CONNECTIONS} connections", text, f"{library:.0f} lines/s")
        self.rows.append((*row, *map(milliseconds, cpus)))
        return float(server)


def main() -> None:
    """Start a server, measure, and print a table."""
    results.show_help(sys.argv[1:], __doc__)
    run, *rest = sys.argv[1:]
    requests = int(rest[0]) if rest else 5000
    benchmark = Benchmark(run, rest[1:])
    words = [f"run={run}", "port=0", "device=cpu", "precision=int8", *rest[1:]]
    command = [sys.executable, "-m", "seq2seq.serve", *words]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        address = server.stderr.readline().removeprefix("serving at ").strip()
        try:
            asyncio.run(benchmark.measure(server, address, requests))
        finally:
            server.terminate()
    results.table(COLUMNS, benchmark.rows)
    results.FOLDER.mkdir(exist_ok=True)
    about = (
        "The server beside the library",
        " ".join(["python -m benchmarks.serve RUN", *rest]),
    )
    cores = f"{results.cpu_count()} cores, load {results.load_average()}"
    results.write_result(results.FOLDER / "serve.json", about, COLUMNS, benchmark.rows, cores=cores)


if __name__ == "__main__":
    main()
