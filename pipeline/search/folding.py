"""Vietnamese words as the index knows them: exact (marks kept) and folded (marks off).

Both forms see a word the same however its tone is placed (uỷ, ủy). The folded form also takes
đ for d, drops every mark and writes i for a y that is only spelling (lý, lí)."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Iterator

import regex
from unidecode import unidecode

TONES = {"\N{COMBINING GRAVE ACCENT}": "1", "\N{COMBINING ACUTE ACCENT}": "2"}
TONES |= {"\N{COMBINING HOOK ABOVE}": "3", "\N{COMBINING TILDE}": "4"}
TONES |= {"\N{COMBINING DOT BELOW}": "5"}
"""A tone mark, and the figure that stands for it at the end of an exact word."""

_LOOK_ALIKE = str.maketrans("ÐƉðɖ", "ĐĐđđ")
_WORD = regex.compile(r"\p{L}[\p{L}\p{M}]*|\p{N}+")
ONSETS = "qu|[bcdghklmnpqrstvx]?|ch|gh|kh|nh|ph|th|tr"
"""Before a final y that may also be written i."""
_SPELLING_Y = regex.compile(rf"^({ONSETS})y$")
_NOT_PLAIN = regex.compile(r"[^a-z0-9]+")
_LATIN = ((0x20, 0x250), (0x1E00, 0x1F00))
_CACHE_LIMIT = 300_000


def fold(text: str) -> str:
    """A text folded: its folded words, one space between them. `Số 1046-CV/TU` gives
    `so 1046 cv tu`, `Uỷ ban` and `ủy ban` give `uy ban`."""
    return exact_and_folded(text)[1]


def forms(text: str) -> list[tuple[str, str]]:
    """Every word of a text as (exact, folded)."""
    exact, folded = exact_and_folded(text)
    return list(zip(exact.split(), folded.split(), strict=True))


def exact_and_folded(text: str) -> tuple[str, str]:
    """The exact words of a text, and the folded ones, each with one space between them. Letters
    and figures are words of their own, so that `1046cv` is found by `1046 CV`."""
    pairs = map(_PIECES.__getitem__, unicodedata.normalize("NFC", text).split())
    exact, folded = tuple(zip(*pairs, strict=True)) or ((), ())
    return " ".join(filter(None, exact)), " ".join(filter(None, folded))


def forms_of_piece(piece: str) -> list[tuple[str, str]]:
    """Every word of a text without spaces as (exact, folded)."""
    return [_word_forms(word) for word in _WORD.findall(unicodedata.normalize("NFC", piece))]


def words_in(piece: str) -> Iterator[tuple[str, str, int, int]]:
    """The words of an NFC text, exact and folded, and where each begins and ends in it."""
    for match in _WORD.finditer(piece):
        yield *_word_forms(match[0]), *match.span()


def forms_of_letter(letter: str) -> tuple[str, str, str]:
    """A letter in small without its tone, the figure of its tone, and as it is folded."""
    return letter.translate(_BARE), letter.translate(_TONE), letter.translate(_PLAIN)


def has_marks(text: str) -> bool:
    """Whether a text carries any mark on a letter, or đ."""
    return any(c in "đĐ" or unicodedata.combining(c) for c in unicodedata.normalize("NFD", text))


def folding_digest() -> str:
    """A short hash of how letters are folded. An index made with another digest holds other words
    and must be built anew."""
    letters = (chr(c) for block in _LATIN for c in range(*block))
    shown = "\n".join("\t".join(_word_forms(w)) for w in (*letters, "lý", "quỷ", "thuỷ", "y"))
    return hashlib.sha256(shown.encode()).hexdigest()[:16]


def _forms_of_words(piece: str) -> tuple[str, str]:
    words = [_word_forms(word) for word in _WORD.findall(piece)]
    return " ".join(exact for exact, _ in words), " ".join(folded for _, folded in words)


def _word_forms(word: str) -> tuple[str, str]:
    """The exact and the folded form of a word. Figures, of which there is no end, are not kept."""
    return (word, word) if word.isascii() and word.isdigit() else _WORDS[word]


def _forms_by_letter(word: str) -> tuple[str, str]:
    """The forms of a word letter by letter, where all its letters are known; marks that stand
    behind their letter need the whole word."""
    if any(map(unicodedata.combining, word)):
        return _forms_of_any(word)
    bare, plain = word.translate(_BARE), word.translate(_PLAIN)
    if plain[-1:] == "y":
        plain = _SPELLING_Y.sub(r"\1i", plain)
    return bare + word.translate(_TONE), plain or bare


class _PartOfForms(dict[int, str]):
    """Code point of a letter to a part of its forms."""

    def __init__(self, part: Callable[[str, str], str]) -> None:
        super().__init__()
        self._part = part

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        part: str = self._part(*_without_tone(letter))
        self[code] = part
        return part


def _without_tone(text: str) -> tuple[str, str]:
    """A text in small letters without tones, and the figures of the tones."""
    apart = unicodedata.normalize("NFD", text.translate(_LOOK_ALIKE).lower())
    bare = unicodedata.normalize("NFC", "".join(c for c in apart if c not in TONES))
    return bare, "".join(TONES[c] for c in apart if c in TONES)


def _plain_letters(bare: str) -> str:
    plain: str = _NOT_PLAIN.sub("", unidecode(bare).lower())
    return plain


_BARE = _PartOfForms(lambda bare, _: bare)
_TONE = _PartOfForms(lambda _, tone: tone)
_PLAIN = _PartOfForms(lambda bare, _: _plain_letters(bare))


def _forms_of_any(word: str) -> tuple[str, str]:
    bare, tone = _without_tone(word)
    return bare + tone, _SPELLING_Y.sub(r"\1i", _plain_letters(bare)) or bare


class _Forms(dict[str, tuple[str, str]]):
    """Words, or what stands between spaces, to their forms (exact, folded), worked out once each:
    texts repeat some thousand syllables."""

    def __init__(self, forms_of: Callable[[str], tuple[str, str]]) -> None:
        super().__init__()
        self._forms_of = forms_of

    def __missing__(self, text: str) -> tuple[str, str]:
        if len(self) >= _CACHE_LIMIT:
            self.clear()
        self[text] = pair = self._forms_of(text)
        return pair


_WORDS = _Forms(_forms_by_letter)
_PIECES = _Forms(_forms_of_words)
