"""The words of the review pages in English and Vietnamese, from `dictionaries/review.tsv`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from importlib.resources import files

from pipeline.messages import Language


@cache
def _table() -> dict[str, dict[Language, str]]:
    table: dict[str, dict[Language, str]] = {}
    text = (files("dictionaries") / "review.tsv").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            code, english, vietnamese = line.split("\t")
            table[code] = {"en": english, "vi": vietnamese}
    return table


def said(language: Language, code: str, /, **values: object) -> str:
    """The words of `code` in `language`. Raises KeyError where the table lacks the code."""
    return _table()[code][language].format(**values)


def speaker(language: Language) -> Callable[..., str]:
    """`said` in one language, for templates."""
    return partial(said, language)


def field_name(language: Language, field: str) -> str:
    """What people call `header.subject` or `recipients.0`; the second of several has a 2."""
    group, _, last = field.partition(".")
    code = last if group in ("header", "signature") else group
    name = said(language, code if code in _table() else "other_field")
    number = last.partition(".")[0]
    return f"{name} {int(number) + 1}" if number.isdecimal() else name
