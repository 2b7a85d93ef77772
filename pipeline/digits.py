"""How two readings of a number compare, digit by digit."""

from __future__ import annotations


def are_alike(a: str, b: str) -> bool:
    """Whether two readings differ in no digit, but in signs that one of them has for digits, or in
    marks."""
    if len(a) != len(b):
        return _digits(a) == _digits(b)
    return not any(x.isdecimal() and y.isdecimal() and x != y for x, y in zip(a, b, strict=True))


def _digits(text: str) -> str:
    return "".join(filter(str.isdecimal, text))
