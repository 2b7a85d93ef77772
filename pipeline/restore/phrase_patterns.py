"""Patterns of word lists: one line that stands for all combinations of its parts.

In: a pattern, `(a|b)` for either, `(a|)` for what may be missing, `{name}` for one of a named list.
Out: the phrases it stands for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Final

import regex

MOST: Final = 20_000
"""Phrases that one pattern may stand for; what goes beyond is left out."""

_GROUP: Final = regex.compile(r"\((?P<inside>(?:[^()]|(?R))*\|(?:[^()]|(?R))*)\)")
_LIST: Final = regex.compile(r"\{(?P<name>[^{}]+)\}")


def list_of(line: str) -> tuple[str, tuple[str, ...]] | None:
    """The name and the entries of a line that gives a list (`{name}`, tab, `a|b|c`), else None."""
    name, tab, entries = line.rstrip("\n").partition("\t")
    found = _LIST.fullmatch(name.strip())
    if not found or not tab:
        return None
    return found["name"], tuple(e.strip() for e in entries.split("|") if e.strip())


def expand(pattern: str, lists: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The phrases of a pattern, at most `MOST`; text without groups and lists is itself one.

    The name of a list that is not known stays as it is written."""
    return islice(_expand(pattern, lists), MOST)


def _expand(pattern: str, lists: Mapping[str, Sequence[str]]) -> Iterator[str]:
    if "(" not in pattern and "{" not in pattern:
        yield " ".join(pattern.split())
        return
    parts: list[Sequence[str]] = []
    at = 0
    for group in _groups(pattern, lists):
        parts += [(pattern[at : group[0]],), group[2]]
        at = group[1]
    parts.append((pattern[at:],))
    for chosen in product(*parts):
        yield " ".join("".join(chosen).split())


def _groups(
    pattern: str, lists: Mapping[str, Sequence[str]]
) -> Iterator[tuple[int, int, Sequence[str]]]:
    """Start, end and choices of each group and each known list, outermost only, in order."""
    at = 0
    while at < len(pattern):
        group = _GROUP.match(pattern, at)
        named = _LIST.match(pattern, at)
        if group:
            inside = [list(_expand(a, lists)) for a in _alternatives(group["inside"])]
            # A choice that begins or ends with a space keeps it: "(Phó |)Bí thư".
            choices = [
                f"{a[: len(a) - len(a.lstrip())]}{b}{a[len(a.rstrip()) :] if a.strip() else ''}"
                for a, found in zip(_alternatives(group["inside"]), inside, strict=True)
                for b in found
            ]
            yield at, group.end(), choices
            at = group.end()
        elif named and named["name"] in lists:
            entries = [b for a in lists[named["name"]] for b in _expand(a, lists)]
            yield at, named.end(), entries
            at = named.end()
        else:
            at += 1


def _alternatives(inside: str) -> list[str]:
    """The parts of a group between its own bars."""
    found, depth, start = [], 0, 0
    for i, c in enumerate(inside):
        depth += (c == "(") - (c == ")")
        if c == "|" and not depth:
            found.append(inside[start:i])
            start = i + 1
    return [*found, inside[start:]]
