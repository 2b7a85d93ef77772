"""Sentences for people, in English and Vietnamese, from `dictionaries/messages.tsv`."""

from __future__ import annotations

import os
from functools import cache
from importlib.resources import files
from pathlib import PurePath
from typing import Literal

Language = Literal["en", "vi"]

_language: Language = "en"


def set_language(language: Language) -> None:
    """Choose the language of all messages of this process."""
    global _language
    _language = language


def get_language() -> Language:
    """The language of all messages of this process."""
    return _language


def language_of_environment() -> Language:
    """`vi` where the locale of the environment is Vietnamese, else `en`."""
    locale = next((v for k in ("LC_ALL", "LC_MESSAGES", "LANG") if (v := os.environ.get(k))), "")
    return "vi" if locale.casefold().startswith("vi") else "en"


@cache
def _sentences() -> dict[str, dict[str, str]]:
    table: dict[str, dict[str, str]] = {}
    text = (files("dictionaries") / "messages.tsv").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            code, en, vi = line.split("\t")
            table[code] = {"en": en, "vi": vi}
    return table


def message(code: str, /, **values: object) -> str:
    """The sentence of `code`, in the language of this process, with `values` filled in.

    Control characters in a value (a file name may hold a newline) appear escaped. Raises KeyError
    where the table lacks the code or the sentence needs a value not given.
    """
    shown = {
        k: printable(str(v)) if isinstance(v, str | PurePath) else v for k, v in values.items()
    }
    return _sentences()[code][_language].format(**shown)


def sentence(code: str, language: Language) -> str:
    """The sentence of `code` as it stands in the table, in `language`. Raises KeyError where the
    table lacks the code."""
    return _sentences()[code][language]


def printable(text: str) -> str:
    """`text` on one line that any terminal can show: control characters, and bytes of a file name
    that are no UTF-8, as \\n, \\x1b, \\udc80 …"""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
