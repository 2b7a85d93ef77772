"""Lets records follow the decisions about them, one after the other, while people go on deciding.

In: ids of letters of which something was decided. A sheet decides words of fifty letters at once;
their records are written in the time a person needs for the next sheet. What is not yet written
when the program is killed is found and made good at its next start (`behind`).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from pathlib import Path
from time import sleep

from pipeline.errors import CongvanError
from pipeline.review.decisions import Decisions
from pipeline.review.stock import Stock
from pipeline.review.writing import write_reviewed

SECONDS_BETWEEN_TRIES = 5.0
"""Of a record that a batch at work in the folder keeps from being written."""


class Follower:
    """A thread that writes reviewed records and tells the stock of them."""

    def __init__(self, root: Path, decisions: Decisions, stock: Stock) -> None:
        self._root = root
        self._decisions = decisions
        self._stock = stock
        self._waiting: dict[str, None] = {}
        self._change = threading.Condition()
        self._writing = threading.Lock()
        self._busy = False
        self._started = False

    def add(self, names: Iterable[str]) -> None:
        """Let the records of these letters follow soon."""
        with self._change:
            self._waiting.update(dict.fromkeys(names))
            if self._waiting and not self._started:
                self._started = True
                threading.Thread(target=self._work, daemon=True).start()
            self._change.notify_all()

    def write(self, name: str) -> bool:
        """Let the record of one letter follow now; False where a batch is at work in the folder.

        Raises DocumentError where the machine's record cannot be read, OSError of the disk."""
        with self._writing:  # else an older state might be written last
            done = write_reviewed(self._root, name, self._decisions.of_letter(name))
        self._stock.reread([name])
        return done is not None

    def settle(self, timeout: float | None = None) -> bool:
        """Wait until nothing is left to write; False where it takes longer than `timeout`."""
        with self._change:
            return self._change.wait_for(lambda: not (self._waiting or self._busy), timeout)

    @property
    def left(self) -> int:
        """How many records have still to follow."""
        return len(self._waiting) + self._busy

    def _work(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: bool(self._waiting))
                name = next(iter(self._waiting))
                del self._waiting[name]
                self._busy = True
            held_up = False
            try:
                held_up = not self.write(name)
            except (CongvanError, OSError) as error:
                logging.getLogger(__name__).warning("%s: %s", name, error)
            finally:
                with self._change:
                    self._busy = False
                    if held_up:
                        self._waiting.setdefault(name)
                    self._change.notify_all()
            if held_up:
                sleep(SECONDS_BETWEEN_TRIES)


def behind(decisions: Decisions, stock: Stock) -> list[str]:
    """The letters whose records do not say what was decided of them."""
    with stock.connected() as db:
        said = {n: (p, a) for n, p, a in db.execute(
            "SELECT document_id, people, last FROM letters WHERE status <> ''"
        )}  # fmt: skip
    return [n for n, told in decisions.counting().items() if n in said and said[n] != told]
