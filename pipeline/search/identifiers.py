"""Numbers of letters as looked up: 1046-CV/TU, 1046 CV TU and 1046cv/tu have one key."""

from __future__ import annotations

from functools import lru_cache

from pipeline.search.folding import forms

Form = tuple[str, str]
_REMEMBERED = 1 << 12
"""A number is cited by others soon after its letter, and often by several."""


@lru_cache(maxsize=_REMEMBERED)
def keys(number: str) -> tuple[str, ...]:
    """The keys under which a number is found: its words run together, each figure with an `n`
    before it and without leading zeros. Two where TƯ may be read as TW or as TU."""
    return keys_of(forms(number))


def keys_of(words: list[Form]) -> tuple[str, ...]:
    """`keys` of a number given as its words, (exact, folded)."""
    parts = [_part(folded) for _, folded in words]
    plain = "".join(parts)
    if not plain:
        return ()
    # TƯ is the older abbreviation of Trung ương, now TW
    central = [
        "tw" if exact == "tư" else part for (exact, _), part in zip(words, parts, strict=True)
    ]
    return tuple(dict.fromkeys((plain, "".join(central))))


def own_keys(number_symbol: str | None, number: str | None) -> tuple[str, ...]:
    """Keys of a letter's own number: the whole, and the number alone."""
    return tuple(dict.fromkeys((*keys(number_symbol or ""), *number_keys(number_symbol, number))))


@lru_cache(maxsize=_REMEMBERED)
def number_keys(number_symbol: str | None, number: str | None = None) -> tuple[str, ...]:
    """Key of the number alone (1046): as given, else the first figure of the whole."""
    words = forms(number or number_symbol or "")
    first = next((w for w in words if w[1].isdigit()), None)
    return keys_of([first]) if first else ()


def _part(folded: str) -> str:
    return "n" + (folded.lstrip("0") or "0") if folded.isdigit() else folded
