"""Signature lines that a seal, a pen or OCR damaged, mended where the word lists leave one choice.

In: the signatures as read and the marks of the pages; out: the same with lines mended and every
doubt noted. What a seal covers may have been read apart, as a mark left of the line it belongs to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import regex
from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from pipeline.document import Mark
from pipeline.letter import keywords
from pipeline.letter.covered import (
    centre_of,
    halves,
    head_signed_for,
    hides_line,
    whole_authority,
    whole_position,
)
from pipeline.letter.folding import fold, letters
from pipeline.letter.lines import PageLine, cut
from pipeline.letter.tables import authorities, positions, rows, surnames
from pipeline.restore.orthography import analyse

_MIDDLE_NAMES = frozenset(("thi", "van"))
_EDGES = " .,:;*'\"’“”_|~^`=–—-"
_INNER_STOP = regex.compile(r"(?<=\p{Lu}{2})[.]+[ ]?(?=\p{Lu}{2})")
_FOR_HEAD = regex.compile(r"^K[ ]?/?[ ]?T[ ]?[.,:]{0,2}[ ]*(?P<head>\p{Lu}[\p{Lu} ]+)$")
_LIKENESS = 80.0


@dataclass(slots=True)
class Signer:
    """One signature: its lines of authority and position, and the name's line.

    `doubts` holds "authority", "position", "signer" where that part is not clear, and the same
    with "_repaired" where it is not what was read; `mended` is each such part with its line as
    read and the words meant."""

    authority: list[PageLine] = field(default_factory=list)
    position: list[PageLine] = field(default_factory=list)
    name: PageLine | None = None
    doubts: set[str] = field(default_factory=set)
    mended: list[tuple[str, PageLine, str]] = field(default_factory=list)

    @property
    def begun(self) -> bool:
        """Has anything of it been read?"""
        return bool(self.authority or self.position or self.name)


def mend(signer: Signer, marks: Sequence[Mark]) -> None:
    """Mend the lines of `signer` in place."""
    _part_row(signer)
    _take_acting_head(signer)
    _part_authority(signer)
    _uncover(signer)
    if "authority" in signer.doubts:
        _mend_lines(signer, "authority", signer.authority, lambda x: _authority(x, marks))
    _mend_lines(signer, "position", signer.position, lambda x: _position(x, marks))
    if signer.position and _repeats(signer):
        _mend_lines(signer, "position", signer.position, lambda x: _deputy(x.text))
    if len(signer.position) == 1 and (head := _signed_for(signer)):
        _mend_lines(signer, "position", signer.position, lambda x: _deputy_of(head, x.text))
    if signer.position and (not _is_known(signer.position[0].text) or _repeats(signer)):
        signer.doubts.add("position")
        if not signer.authority or not _names_head(signer.authority[-1].text):
            signer.doubts.add("authority")  # what hid the position may have hidden "KT. …" above
    if signer.name is not None:
        _mend_name(signer, signer.name, marks)


def _part_row(signer: Signer) -> None:
    """A head's and a deputy's position that were read as one row, as two lines."""
    if len(signer.position) == 1 and (at := halves(signer.position[0].text)):
        signer.position = cut(signer.position[0], at)


def _uncover(signer: Signer) -> None:
    """Put back what a seal hid of the lines' first words, where the block's axis tells it."""
    above = [*signer.authority, *signer.position[:-1]]
    centre = centre_of(above, signer.name)
    first, rest = signer.position[:1], signer.position[1:]
    unknown = not signer.authority and rest and not _is_known(first[0].text)
    if centre is not None and unknown and whole_authority(first[0], centre):
        signer.authority, signer.position = first, rest
    if centre is not None and signer.position:
        _mend_lines(signer, "position", signer.position, lambda x: whole_position(x, centre))
    if centre is not None and signer.authority:
        _mend_lines(signer, "authority", signer.authority, lambda x: whole_authority(x, centre))
    if len(signer.authority) != 1 or not signer.position:
        return
    only, below = signer.authority[0], signer.position[0]
    head = head_signed_for(only.text.strip(_EDGES), below.text.strip(_EDGES))
    if head and hides_line(only, below):
        _mend_lines(signer, "authority", signer.authority, lambda x: f"{x.text} {head}")


def _take_acting_head(signer: Signer) -> None:
    """ "Q. GIÁM ĐỐC" is the position of who acts as the head (Nghị định 30/2020/NĐ-CP, Phụ lục I,
    7a); no authority of another stands above it but TM."""
    if not signer.position and signer.authority:
        last = signer.authority[-1]
        if keywords.without_acting(last.text) != last.text:
            signer.authority, signer.position = signer.authority[:-1], [last]


def _part_authority(signer: Signer) -> None:
    """Of two positions the second of which is a deputy's, the first is the authority, its "KT."
    lost."""
    if signer.authority or len(signer.position) < 2:
        return
    first, last = fold(signer.position[0].text), fold(signer.position[-1].text.strip(_EDGES))
    if (
        last.startswith(("pho ", "thu truong"))
        or first == last
        or (first.endswith(f" {last}") and ("," in first or " " not in last))
    ):
        signer.authority, signer.position = signer.position[:-1], signer.position[-1:]
        signer.doubts.add("authority")


def _mend_lines(
    signer: Signer, part: str, lines: list[PageLine], mended: Callable[[PageLine], str | None]
) -> None:
    for i, line in enumerate(lines):
        text = mended(line)
        if text is not None and text != line.text.strip(_EDGES):
            lines[i] = replace(line, text=text)
            signer.doubts.add(f"{part}_repaired")
            signer.mended.append((part, line, text))


def _repeats(signer: Signer) -> bool:
    """ "KT. GIÁM ĐỐC" is signed by a deputy: the word that says so was lost."""
    if not signer.authority:
        return False
    authority, position = (letters(x[-1].text) for x in (signer.authority, signer.position[:1]))
    if not authority.startswith("kt"):
        return authority == position
    return authority.endswith(position) or authority[2:].startswith(position)


def _authority(line: PageLine, marks: Sequence[Mark]) -> str | None:
    if keywords.authority_end(line.text) is not None:
        return None
    return _nearest(f"{_covered(line, marks)} {line.text}", _authority_forms())


def _position(line: PageLine, marks: Sequence[Mark]) -> str | None:
    """The position printed by a line: an inner full stop taken out, a covered word put back."""
    text = str(_INNER_STOP.sub(" ", line.text.strip(_EDGES)))
    if keywords.is_typed_position(text):
        return None
    covered = letters(_covered(line, marks))
    for word in ("PHÓ", "THỨ"):
        if covered.endswith(letters(word)) and fold(f"{word} {text}") in positions():
            return f"{word} {text}"
    if text not in (forms := _by_letters().get(fold(text), (text,))):
        return forms[0]
    if _is_known(text):
        return text
    return _nearest(text, _position_forms())


def _names_head(text: str) -> bool:
    """Does the authority say for which head the position signs, and not only for which body?"""
    return _FOR_HEAD.match(text.strip(_EDGES)) is not None or _is_known(_AUTHORITY.sub("", text))


_AUTHORITY = regex.compile(r"^[KT][ ]?[./]?[ ]?(?:[TLM]|UQ)[ ]?[.,:/]*[ ]*")


def _signed_for(signer: Signer) -> str | None:
    """The head's position that is signed for (KT.); None where nobody's."""
    match = _FOR_HEAD.match(signer.authority[-1].text) if signer.authority else None
    return match["head"].strip(_EDGES) if match else None


def _deputy_of(head: str, read: str) -> str | None:
    """The position of a head's deputy where no known one was read, but its last word ("TƯỚNG"
    below "KT. THỦ TƯỚNG") or about its letters ("ĐHÓ CHỦ TỊCH")."""
    if _is_known(read):
        return None
    rest = fold(read.strip(_EDGES))
    forms = [f"PHÓ {head}"] if fold(f"PHÓ {head}") in positions() else []
    if fold(head) == "bo truong":
        forms = ["THỨ TRƯỞNG"]
    if len(forms) != 1:
        return None
    tail = " " not in rest and fold(forms[0]).endswith(f" {rest}")
    near = fuzz.ratio(letters(read), letters(forms[0])) >= _LIKENESS
    return forms[0] if tail or near else None


def _deputy(text: str) -> str | None:
    """The deputy's position: who signs for a head (KT.) is never that head."""
    deputy = f"PHÓ {text.strip(_EDGES)}"
    return deputy if fold(deputy) in positions() else None


def _is_known(text: str) -> bool:
    """Does the line begin with a known position?"""
    folded = fold(keywords.without_acting(text.strip(_EDGES)))
    return any(folded == p or folded.startswith((p + " ", p + ",")) for p in positions())


def _nearest(text: str, forms: Sequence[str]) -> str | None:
    """The one of `forms` that `text` is about, none where two are nearly as near."""
    found = letters(text)
    ranked = sorted(((fuzz.ratio(found, letters(f)), f) for f in forms), reverse=True)
    best, second = ranked[0], ranked[1]
    clear = best[0] - second[0] > 4 or letters(best[1]) == letters(second[1])
    return best[1] if best[0] >= _LIKENESS and clear else None


@cache
def _by_letters() -> dict[str, tuple[str, ...]]:
    """Positions by their folded letters."""
    found: dict[str, tuple[str, ...]] = {}
    for form in _position_forms():
        found[fold(form)] = (*found.get(fold(form), ()), form)
    return found


@cache
def _position_forms() -> tuple[str, ...]:
    return tuple(r[0] for r in rows("positions.tsv"))


@cache
def _authority_forms() -> tuple[str, ...]:
    forms = [form for form, _ in authorities() if form.startswith("K")]
    return tuple(f"{form} {position}" for form in forms for position in _position_forms())


def _covered(line: PageLine, marks: Sequence[Mark]) -> str:
    """What was read, apart, right before `line`; "" where nothing was."""
    if line.box is None:
        return ""
    left, top, _, bottom = line.box
    height = bottom - top
    for mark in marks:
        if mark.page != line.page or mark.box is None or not mark.text:
            continue
        shared = min(bottom, mark.box[3]) - max(top, mark.box[1])
        beside = -height < left - mark.box[2] < 1.5 * height and mark.box[0] < left
        if beside and shared > 0.5 * height and len(letters(mark.text)) > 1:
            return mark.text
    return ""


def _mend_name(signer: Signer, line: PageLine, marks: Sequence[Mark]) -> None:
    """A family name put back or mended; a name that begins with none is doubtful."""
    bare = keywords.without_title(line.text.strip(_EDGES))
    words = bare.split(" ")
    if words[0].upper() in surnames():
        return
    signer.doubts.add("signer")
    found = _covered_surname(_covered(line, marks))
    if found is not None and words[0][:1].isupper():
        _rename(signer, line, f"{found} {bare}")
    elif len(words) > 2 and fold(words[0]) not in _MIDDLE_NAMES and (near := _surname(words[0])):
        _rename(signer, line, " ".join([near, *words[1:]]))


def _rename(signer: Signer, line: PageLine, name: str) -> None:
    signer.name = replace(line, text=name)
    signer.doubts.add("signer_repaired")
    signer.mended.append(("signer", line, name))


def _covered_surname(text: str) -> str | None:
    """The family name read under a seal: the last word of `text`, at most one letter off, or its
    end ("ÿnh"), which only one of them has."""
    word = letters(next(reversed(regex.findall(r"[\p{L}\p{M}]+", text)), ""))
    if len(word) < 2:
        return None
    ends = {s for s in surnames() if len(word) > 2 and letters(s).endswith(word)}
    if len(ends) == 1:
        return ends.pop().capitalize()
    costs = [(Levenshtein.distance(word, letters(s)), s) for s in surnames()]
    least = min(cost for cost, _ in costs)
    near = {s for cost, s in costs if cost == least}
    if len(near) > 1:
        near = {s for s in near if text.upper().endswith(s)}
    if len(near) != 1 or least > (1 if len(word) > 4 else 0):
        return None
    return near.pop().capitalize()


@cache
def _surname(word: str) -> str | None:
    """The only family name with the letters of `word` and other marks, or, where `word` is no
    syllable, one letter away from it."""
    upper = word.upper()
    near = {s for s in surnames() if letters(s) == letters(word)} if len(word) > 3 else set()
    if not near and analyse(word) is None:
        near = {s for s in surnames() if Levenshtein.distance(s, upper, score_cutoff=1) == 1}
        if not near and len(word) > 3:
            plain = letters(word)
            near = {s for s in surnames() if Levenshtein.distance(letters(s), plain) == 1}
    return near.pop().capitalize() if len(near) == 1 else None
