"""Changes of run folders and of the file of keys, which a server that runs takes over."""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

from seq2seq.errors import TextError
from seq2seq.server.access import AccessControl
from seq2seq.server.pool import WorkerPool
from seq2seq.storage.run_files import INFERENCE_FILES

log = logging.getLogger("seq2seq.serve")

INTERVAL = 1.0  # seconds between two looks; a change counts when it has been the same for one

FileTimes = tuple[tuple[str, int, int], ...]


def file_times(paths: Sequence[Path]) -> FileTimes:
    """Return names, times and sizes of the files that exist."""
    found = []
    for path in paths:
        try:
            status = path.stat()
        except OSError:
            continue
        found.append((str(path), status.st_mtime_ns, status.st_size))
    return tuple(found)


async def watch(pool: WorkerPool, access: AccessControl, folders: Sequence[Path]) -> None:
    """Reload runs and keys when their files have changed, for ever."""
    runs = [folder / name for folder in folders for name in INFERENCE_FILES]
    keys = [Path(access.options.keys)] if access.options.keys else []
    known, of_keys = file_times(runs), file_times(keys)
    before = known
    while True:
        await asyncio.sleep(INTERVAL)
        now = await asyncio.to_thread(file_times, runs)
        if now != known and now == before:  # nobody is writing any more
            known = now
            await pool.reload()
        before = now
        if (now_keys := file_times(keys)) != of_keys:
            of_keys = now_keys
            try:
                access.read()
            except TextError as error:
                log.warning(
                    "the keys have changed and cannot be read, the old ones stay: %s", error
                )
