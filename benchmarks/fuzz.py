"""Mutated inputs for intake, reading, restoring, extraction, export and search: does any break?

    python -m benchmarks.fuzz --inputs 20000
    python -m benchmarks.fuzz --inputs 20000 --seconds 20

Each input is a small sound file or text of our own words, damaged at random (benchmarks/damage.py).
Input n of a seed is always the same, so that a finding can be looked at again: `--seed S --only n`.
Whatever is not told as a `CongvanError` is a finding; so is what takes longer than `--limit`
seconds, and what ends the process that tries it.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.fuzz_targets import SHARES, targets
from pipeline.batch.orphans import kill_with_descendants
from pipeline.errors import CongvanError

SECONDS_AN_INPUT = 20.0
SECONDS_TO_START = 300.0
SHOWN = 10
"""Findings told in full, each of another place."""
_SPAWN = get_context("spawn")


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of an input: `refused` holds the code of the error it was told with, `broken`
    the traceback of any other; neither where it was taken."""

    number: int
    seconds: float = 0.0
    refused: str = ""
    broken: str = ""

    @property
    def target(self) -> str:
        """What it was given to."""
        return target_of(self.number)


@dataclass(slots=True)
class Account:
    """What became of all inputs; findings are those that broke something."""

    tried: Counter[tuple[str, str]] = field(default_factory=Counter)
    findings: list[Tried] = field(default_factory=list)
    slowest: Tried = field(default_factory=lambda: Tried(0))

    @property
    def inputs(self) -> int:
        """How many inputs were tried."""
        return self.tried.total() + len(self.findings)

    def add(self, one: Tried) -> None:
        """Count one input."""
        if one.broken:
            self.findings.append(one)
        else:
            self.tried[one.target, one.refused] += 1
        self.slowest = max(self.slowest, one, key=lambda t: t.seconds)


def target_of(number: int) -> str:
    """The targets take turns by their shares, so that a run cut short has tried all of them."""
    return _ROW[number % len(_ROW)]


_ROW = [name for name, share in SHARES.items() for _ in range(share)]
random.Random(0).shuffle(_ROW)


def fuzz(
    inputs: int, seconds: float | None = None, seed: int = 1, limit: float = SECONDS_AN_INPUT
) -> Account:
    """Try up to so many inputs, for about so many seconds, in a process of its own: one that
    hangs is killed, one that dies is replaced."""
    account = Account()
    end = time.monotonic() + (seconds if seconds is not None else 1e9)
    following = 0
    while following < inputs and time.monotonic() < end:
        for one in _tried(range(following, inputs), seed, limit, end):
            account.add(one)
            following = one.number + 1
    return account


def _tried(numbers: range, seed: int, limit: float, end: float) -> Iterator[Tried]:
    """What becomes of inputs until one ends or hangs its process, or the time is up."""
    ours, theirs = _SPAWN.Pipe()
    child = _SPAWN.Process(target=_serve, args=(theirs, numbers, seed), daemon=True)
    child.start()
    theirs.close()
    number = None
    try:
        if not ours.poll(SECONDS_TO_START) or ours.recv() != "ready":
            raise RuntimeError("the process that tries the inputs does not start")
        for number in numbers:
            if time.monotonic() > end:
                return
            ours.send(number)
            if not ours.poll(limit):
                yield Tried(number, limit, broken=f"HungError: longer than {limit:.0f} s")
                return
            yield ours.recv()
    except (EOFError, BrokenPipeError, ConnectionResetError):
        child.join(5)
        if number is None:
            raise
        yield Tried(number, broken=f"CrashError: the process ended with {child.exitcode}")
    finally:
        kill_with_descendants(child.pid or 0)
        child.join()


def _serve(pipe: Connection, numbers: range, seed: int) -> None:
    with tempfile.TemporaryDirectory(prefix="congvan-fuzz-") as folder:
        run = targets(Path(folder))
        pipe.send("ready")
        for _ in numbers:
            number = pipe.recv()
            began = time.monotonic()
            refused = broken = ""
            try:
                run[target_of(number)](random.Random(f"{seed}/{number}"))
            except CongvanError as error:
                refused = error.code
            except Exception:
                broken = traceback.format_exc()
            pipe.send(Tried(number, time.monotonic() - began, refused, broken))


def told(account: Account) -> str:
    """The account for people."""
    slowest = account.slowest
    lines = [
        f"{account.inputs} inputs; slowest {slowest.seconds:.1f} s ({slowest.number})",
        *(_line(account, name) for name in SHARES),
        f"findings: {len(account.findings)}",
    ]
    kinds = Counter((f.target, f.broken.strip().splitlines()[-1][:120]) for f in account.findings)
    lines += [f"  {count} × {target}: {kind}" for (target, kind), count in kinds.most_common()]
    for finding in _one_of_each(account.findings)[:SHOWN]:
        lines.append(f"\ninput {finding.number} ({finding.target}):\n{finding.broken}")
    return "\n".join(lines)


def _one_of_each(findings: list[Tried]) -> list[Tried]:
    """The first finding of each place that broke."""
    return list({tuple(f.broken.splitlines()[-4:-1]): f for f in reversed(findings)}.values())


def _line(account: Account, name: str) -> str:
    refused = {r: n for (t, r), n in account.tried.most_common() if t == name and r}
    reasons = ", ".join(f"{reason} {count}" for reason, count in refused.items())
    taken = account.tried[name, ""]
    return f"{name}: {taken} taken, {sum(refused.values())} refused" + (
        f" ({reasons})" if reasons else ""
    )


def main() -> int:
    """Try inputs and tell; 1 where something broke."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz")
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, help="stop after so many [default: never]")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=float, default=SECONDS_AN_INPUT, help="of one input")
    parser.add_argument("--only", type=int, help="this input alone, here")
    options = parser.parse_args()
    if options.only is not None:
        with tempfile.TemporaryDirectory(prefix="congvan-fuzz-") as folder:
            chance = random.Random(f"{options.seed}/{options.only}")
            targets(Path(folder))[target_of(options.only)](chance)
        return 0
    account = fuzz(options.inputs, options.seconds, options.seed, options.limit)
    print(f"seed {options.seed}: {told(account)}")
    return 1 if account.findings else 0


if __name__ == "__main__":
    sys.exit(main())
