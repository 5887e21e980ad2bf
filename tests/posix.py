"""Markers of tests that need what Windows does not have."""

import os

import pytest

needs_posix = pytest.mark.skipif(
    os.name == "nt",
    reason="Windows has no named pipes, no fork, no signals between processes, no terminals",
)
