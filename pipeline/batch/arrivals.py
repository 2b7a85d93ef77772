"""Where the documents of a run come from: all at once, or one by one into a watched folder.

In: paths. Out: what may be documents, when it is there completely. A watched folder is looked at
again and again, since network shares tell nobody of new files; a file has arrived when it has not
changed for a while and does not look cut off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Literal, Protocol

from pipeline.batch.snapshot import Snapshot, State, Unit, look_at, looks_unfinished
from pipeline.errors import DocumentError
from pipeline.finding import discover, together
from pipeline.intake import Candidate
from pipeline.messages import message

Found = Candidate | DocumentError
PATIENCE = 10
"""Settling times that a file which looks unfinished is waited for."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """What came since the last look, and what a person should know of the looking."""

    found: Iterable[Found] = ()
    warnings: tuple[str, ...] = ()


class Arrivals(Protocol):
    """A source of documents."""

    @property
    def open(self) -> bool:
        """Whether more may come."""

    def look(self) -> Arrived:
        """What has come; may be nothing."""


class AllAtOnce:
    """Everything under some paths, now."""

    def __init__(self, paths: tuple[Path, ...], group: Literal["none", "folder"]) -> None:
        self._paths = paths
        self._group = group
        self._open = True

    @property
    def open(self) -> bool:
        """See Arrivals."""
        return self._open

    def look(self) -> Arrived:
        """See Arrivals."""
        if not self._open:
            return Arrived()
        self._open = False
        return Arrived(discover(self._paths, self._group))


@dataclass(slots=True)
class _Waiting:
    """A unit that has looked so since a moment; `given` where it has been handed over."""

    states: tuple[State, ...]
    since: float
    given: bool = False


@dataclass(slots=True)
class WatchedFolder:
    """A folder into which files are put while the run goes on; `out` is not looked into.

    A unit has arrived when nothing of it has changed for `settle` seconds; looks are `every`
    seconds apart. With `once` the folder closes when what stood in it at the first look has had
    its time to settle; what then still moves is left for another run."""

    folder: Path
    out: Path
    group: Literal["none", "folder"] = "none"
    settle: float = 10.0
    every: float = 5.0
    once: bool = False
    clock: Callable[[], float] = monotonic
    _units: dict[Unit, _Waiting] = field(default_factory=dict)
    _unreachable: set[Path] = field(default_factory=set)
    _looks: list[float] = field(default_factory=list)
    """When the first look was, and the last."""

    @property
    def open(self) -> bool:
        """See Arrivals."""
        return not (self.once and self._looks and self._looks[-1] - self._looks[0] >= self.settle)

    def look(self) -> Arrived:
        """See Arrivals."""
        now = self.clock()
        if self._looks and now < self._next_look():
            return Arrived()
        self._looks = [*self._looks[:1], now]
        snapshot = look_at(self.folder, self.out, self.group)
        self._forget_gone(snapshot)
        found = [f for unit, states in snapshot.units.items() for f in self._new(unit, states, now)]
        lost = sorted(snapshot.unreachable - self._unreachable)
        self._unreachable = snapshot.unreachable
        return Arrived(found, tuple(message("watch_unreachable", path=path) for path in lost))

    def _next_look(self) -> float:
        following = self._looks[-1] + self.every
        return min(following, self._looks[0] + self.settle) if self.once else following

    def _forget_gone(self, snapshot: Snapshot) -> None:
        """What is not there any more is new when it comes back; but of a folder that cannot be
        looked into now nobody knows what it holds."""
        for unit in [u for u in self._units if u not in snapshot.units]:
            if snapshot.unreachable.isdisjoint((unit.path, *unit.path.parents)):
                del self._units[unit]

    def _new(self, unit: Unit, states: tuple[State, ...], now: float) -> Iterator[Found]:
        waiting = self._units.get(unit)
        if waiting is None or waiting.states != states:
            self._units[unit] = _Waiting(states, now)
            return
        waited = now - waiting.since
        if waiting.given or waited < self.settle:
            return
        if waited < PATIENCE * self.settle and any(map(looks_unfinished, unit.files)):
            return
        waiting.given = True
        if len(unit.files) > 1:
            yield from together(unit.path, unit.files)
        else:
            yield from discover(unit.files, "none")
