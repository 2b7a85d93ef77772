"""Words of a field that nobody writes: a syllable that cannot be, a figure among letters, a word in
two pieces or two in one. What was read so was read wrong, however sure OCR was of it.

In: the letter as read; out: flags. Only what no letter prints is flagged: names of places and
persons of all peoples of the country, abbreviations and foreign words are let stand.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache

import regex

from pipeline.letter import keywords
from pipeline.letter.folding import fold
from pipeline.letter.places import misspelt_place, nearly_set_words
from pipeline.letter.tables import bodies, body_words, document_types, phrases, rows
from pipeline.record import Flag, Letter
from pipeline.restore.orthography import analyse, canonical

_FIELDS = (
    "header.parent_body", "header.issuing_body", "header.subject",
    "signature.authority", "signature.position", "signature.signer",
)  # fmt: skip
_TOKEN = regex.compile(r"[\p{L}\p{M}\d]+(?:['’][\p{L}\p{M}]+)*")
_FIGURE_AMONG_LETTERS = regex.compile(r"\p{Ll}\d|\d\p{Ll}{2}|\p{L}\d\p{L}|\p{L}{3}\d$|^\d\p{L}{2}")
_NUMBERED = regex.compile(r"^(?:\p{Ll}?\d+\p{Ll}?|[qQ]\d|\p{Lu}\d{1,3}|\d+\p{Lu})$")
_FOREIGN = regex.compile(r"(?i)[wfjz]")
_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
_WORDS_OF_ONE = frozenset("aàáạăâeêiìoôơởồổuủưyýỷỹ")
_FORMS = frozenset(("KT", "TM", "TL", "TUQ", "K", "T", "M", "L", "Q", "U", "UQ"))
_UNMARKED = ("Van", "Thi")  # the commonest middle names, which nobody bears without their marks


def checks(letter: Letter) -> Iterator[Flag]:
    """A flag for each field with a word that is none."""
    for where in _FIELDS:
        part, name = where.split(".")
        value = getattr(getattr(letter, part), name)
        odd = _odd_word(value, name)
        if odd is None and value and name.endswith("_body"):
            odd = misspelt_place(value) or _misspelt_opening(value) or nearly_set_words(value)
        if odd is not None:
            code = "signer_doubtful" if name == "signer" else "field_doubtful"
            yield Flag(code=code, message=f"{odd!r} is no word", where=where)
            if where == "header.issuing_body" and letter.header.parent_body is None:
                # the names of two bodies may have been taken for one
                yield Flag(code=code, message=f"{odd!r} is no word", where="header.parent_body")


def _odd_word(text: str | None, name: str) -> str | None:
    signer, subject = name == "signer", name == "subject"
    forms = _FORMS if name in ("authority", "position") else frozenset()
    bare = "; ".join(keywords.without_title(n) for n in text.split("; ")) if text else ""
    for match in _TOKEN.finditer(bare):
        word = match[0]
        if word in forms:
            continue
        inner = signer and match.start() > 0 and word in _UNMARKED
        if inner or _is_odd(word, subject=subject, stands_alone=_is_apart(bare, match)):
            return str(word)
    return None


def _misspelt_opening(body: str) -> str | None:
    """The first word of a body's name in capitals where it lacks the marks that all names opening
    with its letters have ("SO NỘI VỤ"), or has the next word on it ("PHÒNGGD&ĐT")."""
    first = body.split(" ")[0]
    openings = [b.written.split(" ")[0] for b in body_words()]
    longer = regex.match(r"\p{Lu}+(?=[&/-])", first)
    if longer and any(
        len(w) > 2 and len(w) < len(longer[0]) and longer[0].startswith(w) for w in openings
    ):
        return first
    same = {canonical(w.casefold()) for w in openings if fold(w) == fold(first)}
    return first if same and canonical(first.casefold()) not in same else None


def _is_apart(text: str, match: regex.Match[str]) -> bool:
    """Does the word stand between spaces, and not in an abbreviation or a number?"""
    before, after = text[: match.start()][-1:], text[match.end() :][:1]
    return before in ("", " ") and after in ("", " ", ",", ";", ".")


def _is_odd(word: str, *, subject: bool, stands_alone: bool) -> bool:
    if word.isdigit() or not stands_alone:
        return False
    if any(c.isdigit() for c in word):
        if word.rstrip("0123456789") in _abbreviations():
            return False  # "BCĐ389"
        return _NUMBERED.match(word) is None and bool(_FIGURE_AMONG_LETTERS.search(word))
    if len(word) == 1:
        return word.casefold() not in _WORDS_OF_ONE and (word.islower() or not subject)
    if sum(c in _TONES for c in unicodedata.normalize("NFD", word)) > 1:
        return True
    if analyse(word) is not None or word.casefold() in _names() or word in _abbreviations():
        return False
    if word.isascii():
        return not (_FOREIGN.search(word) or len(word) > 4 or (subject and word.isupper()))
    return not (subject and word.isupper())


@cache
def _names() -> frozenset[str]:
    """The words of places and persons that are no Vietnamese syllables ("Đắk", "Ksor")."""
    lists = [rows("places.tsv"), rows("names.tsv"), rows("surnames.tsv")]
    return frozenset(w.casefold() for table in lists for row in table for w in row[0].split())


@cache
def _abbreviations() -> frozenset[str]:
    """The abbreviations that names of bodies are shortened by."""
    tables = [row[0] for row in rows("abbreviations.tsv")]
    codes = [t.code for t in document_types() if t.code]
    return frozenset([*tables, *bodies(), *codes, *phrases("abbreviation")])
