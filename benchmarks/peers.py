"""What a user would otherwise take from PyPI to put marks back, on the same lines.

    .venv/bin/pip install pyvi nom-vn

In: lines as read. Out: lines as each tool leaves them. A tool that is not installed is skipped, and
said so; a line on which it raises stays as it was read, and is counted.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator

PEERS = {
    "pyvi add_accents": ("pyvi.ViUtils", "add_accents"),
    "nom-vn fix_diacritics (rules)": ("nom.text.normalize", "fix_diacritics"),
}
"""The tools that run offline. underthesea 9 has none that puts marks back."""


def installed() -> Iterator[tuple[str, Callable[[str], str]]]:
    """Each tool that is there, by name."""
    for name, (module, function) in PEERS.items():
        try:
            yield name, getattr(importlib.import_module(module), function)
        except (ImportError, AttributeError, OSError) as error:
            print(f"{name}: skipped, not installed ({error})", file=sys.stderr)


def restored(tool: Callable[[str], str], lines: list[str]) -> tuple[list[str], int]:
    """The lines as the tool leaves them, and on how many it raised."""
    out, raised = [], 0
    for line in lines:
        try:
            out.append(tool(line) if line.strip() else line)
        except Exception:
            out.append(line)
            raised += 1
    return out, raised
