"""Counts and times of a server, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECOND_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
LINE_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


class ServerMetrics:
    """Counters of one server. None of them has a text, a key or an address."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "seq2seq_requests", "Requests by path and status", ("path", "status"),
            registry=self.registry,
        )  # fmt: skip
        self.seconds = Histogram(
            "seq2seq_request_seconds", "Seconds from a request to its answer", ("path",),
            buckets=SECOND_BUCKETS, registry=self.registry,
        )  # fmt: skip
        self.characters = Counter(
            "seq2seq_characters", "Characters that were translated", registry=self.registry
        )
        self.lines = Counter("seq2seq_lines", "Lines that were translated", registry=self.registry)
        self.batch_lines = Histogram(
            "seq2seq_batch_lines", "Lines of a batch", buckets=LINE_BUCKETS, registry=self.registry
        )
        self.waiting = Gauge(
            "seq2seq_waiting_lines", "Lines that wait for a worker", registry=self.registry
        )
        self.worker_deaths = Counter(
            "seq2seq_worker_deaths", "Workers that died and were replaced", registry=self.registry
        )
        self.reloads = Counter(
            "seq2seq_reloads", "Times that run folders were read again", registry=self.registry
        )

    @property
    def translated_characters(self) -> float:
        """Return the number of characters that were translated."""
        return self.registry.get_sample_value("seq2seq_characters_total") or 0.0

    def text(self) -> bytes:
        """Return all counts in the text format of Prometheus."""
        return generate_latest(self.registry)
