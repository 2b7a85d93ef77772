"""How a run is stopped from outside: SIGINT, SIGTERM and SIGHUP end it in order, a second one at
once."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import current_thread, main_thread
from types import FrameType

from pipeline.batch.orphans import descendants
from pipeline.errors import ExitCode

_SHOW_CURSOR = "\x1b[?25h"


class _Interruptions:
    """Counts the signals of one run."""

    def __init__(self) -> None:
        self._count = 0

    def take(self, _number: int, _frame: FrameType | None) -> None:
        self._count += 1
        if self._count == 1:
            raise KeyboardInterrupt
        # The state is safe at any moment: the next run continues. Workers end with us, but for one
        # that we had stopped just now to kill it.
        for pid in descendants(os.getpid()):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if sys.stderr.isatty():
            os.write(sys.stderr.fileno(), _SHOW_CURSOR.encode())
        os._exit(ExitCode.INTERRUPTED)


@contextmanager
def interruptible() -> Iterator[None]:
    """Within, the first signal raises KeyboardInterrupt, once; a second ends the process."""
    if current_thread() is not main_thread():
        yield
        return
    take = _Interruptions().take
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    former = {n: signal.getsignal(n) for n in numbers}
    for number in numbers:
        if former[number] is not signal.SIG_IGN:  # as nohup and the shell's & would have it
            signal.signal(number, take)
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
