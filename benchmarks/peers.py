"""What a user would otherwise take from PyPI to put marks back, on the same lines.

In: lines as read. Out: lines as each tool leaves them. Each tool runs in the environment of its own
that `make bench` keeps (`.venv-bench`, pinned in requirements-bench.lock), else in this one. A tool
that is not installed is skipped, and said so; a line on which it raises stays as it was read, and
is counted.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
ENVIRONMENT = ROOT / ".venv-bench/bin/python"


@dataclass(frozen=True, slots=True)
class Peer:
    """A tool: its module, and an expression over that module `m` that gives a function from a line
    to the line mended."""

    module: str
    function: str
    python: str = sys.executable


PEERS = {
    "pyvi add_accents": Peer("pyvi.ViUtils", "m.add_accents"),
    "nom-vn fix_diacritics (rules)": Peer("nom.text.normalize", "m.fix_diacritics"),
    "iftc acronym_correction": Peer(
        "iftc.spelling_corrector", "m.SpellingCorrector().acronym_correction"
    ),
}
"""The tools that run offline. underthesea 9 has none that puts marks back; orthomni-codeco fetches
its model from the net; vicorrect brings none; visen only moves tone marks to their letter."""

_RUN = """
import contextlib, importlib, json, sys
module, function = sys.argv[1:]
with contextlib.redirect_stdout(sys.stderr):
    m = importlib.import_module(module)
    mend = eval(function)
    out, raised = [], 0
    for line in json.load(sys.stdin):
        try:
            out.append(mend(line) if line.strip() else line)
        except Exception:
            out.append(line)
            raised += 1
json.dump([out, raised], sys.stdout)
"""


def installed() -> Iterator[tuple[str, Peer]]:
    """Each tool that is there, by name."""
    pythons = [str(p) for p in (ENVIRONMENT, Path(sys.executable)) if p.exists()]
    for name, peer in PEERS.items():
        for python in pythons:
            found = Peer(peer.module, peer.function, python)
            try:
                restored(found, [])
            except subprocess.CalledProcessError:
                continue
            yield name, found
            break
        else:
            print(f"{name}: skipped, not installed (make bench installs it)", file=sys.stderr)


def restored(tool: Peer, lines: list[str]) -> tuple[list[str], int]:
    """The lines as the tool leaves them, and on how many it raised.

    Raises CalledProcessError where the tool cannot be loaded."""
    done = subprocess.run(
        [tool.python, "-c", _RUN, tool.module, tool.function],
        input=json.dumps(lines),
        capture_output=True,
        text=True,
        check=True,
    )
    out, raised = json.loads(done.stdout)
    return [str(line).replace("\n", " ") for line in out], int(raised)
