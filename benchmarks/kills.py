"""A batch killed again and again, and continued: does it end as one that was left alone?

    python -m benchmarks.kills --kills 50

Every kill is a SIGKILL at a random moment, of the whole process group, of the program alone (its
workers then have to end by themselves), or of one worker in its midst. Compared are all outputs,
the ledger and the summaries, byte by byte but for times; every path must be settled, no document
may be done twice, and nothing may be left in the output folder that does not belong there.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import regex

from benchmarks.batch_inbox import fill
from pipeline.batch.orphans import descendants

ROOT = Path(__file__).parent.parent
SECONDS_TO_START = 2.5
"""Until the first document is begun, about."""
STEPS = (0, 0, 1, 1, 2, 3)
"""Documents settled or pages read between work's begin and a kill: the kills are spread over the
work itself, however fast the machine is."""
BELONGS = frozenset({"ledger.sqlite", "summary.json", "summary.html", ".congvan-lock"})


@dataclass(frozen=True, slots=True)
class Harm:
    """What was done to a batch: kills by kind, and how many documents were settled by then."""

    kills: Counter[str]
    settled: tuple[int, ...]


def command(inbox: Path, out: Path, log: Path) -> list[str]:
    """The program as a person calls it."""
    program = [sys.executable, str(ROOT / "cli.py"), "process", str(inbox), "--out", str(out)]
    return [*program, "--jobs", "2", "--quiet", "--log-json", str(log)]


def run_undisturbed(inbox: Path, out: Path) -> float:
    """Process `inbox` to `out`; seconds it took."""
    out.parent.mkdir(exist_ok=True)
    began = time.monotonic()
    _to_the_end(inbox, out)
    return time.monotonic() - began


def run_killed(inbox: Path, out: Path, kills: int, seed: int) -> Harm:
    """Process `inbox` to `out` with so many kills on the way, then to the end."""
    out.parent.mkdir(exist_ok=True)
    chance = random.Random(seed)
    done: Counter[str] = Counter()
    settled: list[int] = []
    for _ in range(kills):
        kind = chance.choice(["group", "group", "program", "worker"])
        done[kind] += _kill(inbox, out, kind, chance)
        settled.append(len(statuses(out)) if (out / "ledger.sqlite").exists() else 0)
    _to_the_end(inbox, out)
    return Harm(done, tuple(settled))


def _to_the_end(inbox: Path, out: Path) -> None:
    done = subprocess.run(
        command(inbox, out, _log(out)), stderr=subprocess.PIPE, text=True, check=False
    )
    if done.returncode != 1 or "Traceback" in done.stderr:  # there are bad files in it
        raise RuntimeError(f"exit {done.returncode}: {done.stderr}")


def _kill(inbox: Path, out: Path, kind: str, chance: random.Random) -> bool:
    """Start the program and kill it at a random moment; False where it had ended by then."""
    with subprocess.Popen(
        command(inbox, out, _log(out)), stderr=subprocess.DEVNULL, start_new_session=True
    ) as program:
        if chance.random() < 0.2:
            _wait(program, chance.uniform(0, SECONDS_TO_START))
        else:
            _wait_for_steps(program, _log(out), chance.choice(STEPS))
            _wait(program, chance.uniform(0, 1))
        if program.poll() is not None:
            return False
        if kind == "worker":
            if workers := _workers(program.pid):
                with suppress(ProcessLookupError):
                    os.kill(chance.choice(workers), signal.SIGKILL)
            _wait(program, chance.uniform(0, 2))  # and the whole somewhat later
        with suppress(ProcessLookupError):
            program.kill() if kind == "program" else os.killpg(program.pid, signal.SIGKILL)
    return True


def _wait(program: subprocess.Popen[bytes], seconds: float) -> None:
    with suppress(subprocess.TimeoutExpired):
        program.wait(seconds)


def _wait_for_steps(program: subprocess.Popen[bytes], log: Path, steps: int) -> None:
    """Until work has begun and so many steps of it are done."""
    before = len(_events(log))
    while program.poll() is None:
        new = _events(log)[before:]
        begun = any(e["event"] == "started" for e in new)
        done = sum(map(_is_step, new))
        if begun and done >= steps:
            return
        time.sleep(0.05)


def _is_step(event: dict[str, Any]) -> bool:
    """Whether this run has done something, and not told what another did."""
    if event["event"] == "pages_read":
        return bool(event["done"] > event["kept"])
    return event["event"] == "settled" and bool(event["fresh"])


def _workers(pid: int) -> list[int]:
    found = []
    for child in descendants(pid):
        with suppress(OSError):
            if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                found.append(child)
    return found


def _log(out: Path) -> Path:
    return out.with_name(out.name + ".log")


# --- comparing -----------------------------------------------------------------------------------


def statuses(out: Path) -> dict[str, str]:
    """Every settled document of the ledger: content → status, reason and output folders."""
    with sqlite3.connect(out / "ledger.sqlite", timeout=60) as ledger:
        rows = ledger.execute(
            "SELECT content, status, reason, reason_values, (SELECT group_concat(document_id)"
            " FROM letter WHERE letter.content = document.content) FROM document"
            " WHERE status NOT IN ('pending', 'running')"
        ).fetchall()
        (sound,) = ledger.execute("PRAGMA integrity_check").fetchone()
    found = {row[0]: repr(row[1:]) for row in rows}
    return found if sound == "ok" else {**found, "ledger": sound}


def outputs(out: Path) -> dict[str, bytes]:
    """Every file of the output folder but the ledger (with what SQLite keeps beside it while anyone
    has it open) and the lock, without the times things took."""
    return {
        str(path.relative_to(out)): regex.sub(
            rb'"seconds": [\d.e-]+', b'"seconds": 0', path.read_bytes()
        )
        for path in sorted(out.rglob("*"))
        if path.is_file() and not path.name.startswith(("ledger.sqlite", ".congvan-lock"))
    }


def differences(undisturbed: Path, killed: Path) -> list[str]:
    """What is otherwise in the folder of the killed batch; nothing where all is well. Both folders
    have the same name, as deep, so that the links of their pages are the same."""
    found = [*_otherwise("file", outputs(undisturbed), outputs(killed))]
    found += _otherwise("document", statuses(undisturbed), statuses(killed))
    ids = {p.name for p in undisturbed.iterdir()} | BELONGS
    found += [f"left over: {p.name}" for p in killed.iterdir() if p.name not in ids]
    found += [f"done twice: {path}" for path, n in _times_done(_log(killed)).items() if n > 1]
    found += [f"still running: {pid}" for pid in _still_running(killed)]
    return found


def _otherwise(what: str, right: Mapping[str, object], given: Mapping[str, object]) -> list[str]:
    names = sorted(right.keys() | given.keys())
    return [f"{what} differs: {n}" for n in names if right.get(n) != given.get(n)]


def _times_done(log: Path) -> Counter[str]:
    """How often each path was settled by work, over all runs."""
    events = _events(log)
    return Counter(e["path"] for e in events if e["event"] == "settled" and e["fresh"])


def _events(log: Path) -> list[dict[str, Any]]:
    """All that was told in all runs; half a line is a kill's."""
    found: list[dict[str, Any]] = []
    if log.exists():
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            with suppress(ValueError):
                found.append(json.loads(line))
    return found


def _still_running(out: Path) -> list[int]:
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if os.fsencode(f"TMPDIR={out}/") in environ.read_bytes():
                found.append(int(environ.parent.name))
    return found


def main() -> int:
    """Fill an inbox, process it twice, compare."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 16))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="congvan-kills-") as folder:
        inbox, calm, killed = (Path(folder, name) for name in ("in", "calm/out", "killed/out"))
        files = fill(inbox, samples=True)
        seconds = run_undisturbed(inbox, calm)
        print(f"{files} files, undisturbed {seconds:.0f} s, seed {options.seed}", flush=True)
        harm = run_killed(inbox, killed, options.kills, options.seed)
        print(f"kills: {dict(harm.kills)}, settled at each: {harm.settled}")
        found = differences(calm, killed)
        print(*found or ["no difference"], sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
