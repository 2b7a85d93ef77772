"""The addressees after "Kính gửi": inline, listed, wrapped over lines.

In: the lines from "Kính gửi" on; out: the lines that belong to it, and the addressees as printed,
without dashes and end punctuation (Nghị định 30/2020/NĐ-CP, Phụ lục I, 9a).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from pipeline.letter import keywords
from pipeline.letter.folding import starts_lower, upper_share
from pipeline.letter.lines import PageLine
from pipeline.letter.markers import read_marker
from pipeline.letter.paragraphs import Measure, join, measure

_DASH = regex.compile(
    r"^(?:[\"'“”‘’.,~*|_]{0,2}[ ]?[-–—−•*+·●▪]{1,2}+|_?[\"'“”~=.])[ ]*(?=[\p{L}\d(])"
)
_END_SPECKS = regex.compile(r"(?:[ ][^\p{L}\d\s)\]\"”]{1,2}|[ˆ^~`_|¿'’])+$")
# "Lưu: VT" is always an entry of its own, its dash and its first letter read or not.
_FILED = regex.compile(r"^[^\p{L}\d]{0,3}(?:[a-z][ ])?L[ưuUƯmn]{1,3}[ ]?[:.]?[ ]?(?=VT\b|V\.T)")
# "Các công ty: A;" names several, and no comma parts them: lines without a dash go on with it.
_SEVERAL = regex.compile(r"^(?:Các|Những)[ ][^:;]{2,30}:[ ]?[^:;,]+;(?:[^:;,]+;)*$")
_BARS = regex.compile(r"[ ][|¦][ ]")
_INNER = regex.compile(r";[ ]*(?:[-–—+][ ]*)?|(?<=[,.])[ ]+[-–—+][ ]+|^[-–—+][ ]*")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a list, and the lines it stands on."""

    text: str
    lines: tuple[PageLine, ...]


def recipient_lines(lines: list[PageLine]) -> tuple[list[PageLine], list[PageLine]]:
    """The lines of "Kính gửi", and the lines after them."""
    if not lines or keywords.recipients_start(lines[0].text) is None:
        return [], lines
    widths = measure([line for line in lines if len(line.text) > 25])
    end = 1
    while end < min(len(lines), 60) and (
        _belongs(lines[:end], lines[end], widths) or _wraps(lines, end)
    ):
        end += 1
    return lines[:end], lines[end:]


def _wraps(lines: Sequence[PageLine], i: int) -> bool:
    """Is line `i` the rest of an unfinished addressee, more of them listed below it?"""
    if lines[i - 1].text.endswith((";", ".", ",", ":")) or not lines[i].text.endswith((";", ",")):
        return False
    return i + 1 < len(lines) and len(lines[i].text) < 60 and bool(_DASH.match(lines[i + 1].text))


def _belongs(taken: Sequence[PageLine], line: PageLine, widths: Measure) -> bool:
    last = taken[-1].text
    listed = any(_DASH.match(_after_label(t.text)) for t in taken)
    if keywords.recipients_start(line.text) is not None:
        return "đồng" in line.text.casefold()
    marker = read_marker(line.text)
    if marker is not None and marker.is_numbered:
        return False
    if _DASH.match(line.text):
        return listed or len(taken) == 1 or last.endswith((";", ",", ":"))
    if not _after_label(taken[-1].text) and len(taken) == 1:
        return not _opens_body(line)
    if last.endswith(".") and not starts_lower(line.text):
        return False
    if starts_lower(line.text):
        return not line.gap or not last.endswith((".", ";"))
    if last.endswith((";", ",", " -", " và")):
        return not _opens_body(line) or widths.is_short(line)
    if line.gap or _opens_body(line):
        return False
    return not widths.is_short(taken[-1]) or (widths.is_short(line) and not listed)


def _opens_body(line: PageLine) -> bool:
    opener = keywords.opens_phrase(line.text, "body")
    return opener and len(line.text) > 40 and upper_share(line.text) < 0.5


def _after_label(text: str) -> str:
    start = keywords.recipients_start(text)
    return text if start is None else text[start:].strip()


def read_recipients(lines: Sequence[PageLine]) -> list[Entry]:
    """The addressees in order."""
    texts = [(clean, line) for line in lines if (clean := _after_label(line.text))]
    return [
        Entry(part, entry.lines) for entry in list_entries(texts) for part in _parts(entry.text)
    ]


def list_entries(texts: Sequence[tuple[str, PageLine]]) -> list[Entry]:
    """Entries of a printed list: one begins at each dash, and after a ";" where OCR lost one."""
    dashes = [line for text, line in texts if _DASH.match(text)]
    groups: list[list[tuple[str, PageLine]]] = []
    for text, line in texts:
        begins = bool(_DASH.match(text)) or _begins_undashed(groups, text, line, dashes)
        if begins or not groups:
            groups.append([(_DASH.sub("", text), line)])
        else:
            groups[-1].append((text, line))
    return [Entry(join([t for t, _ in g]), tuple(line for _, line in g)) for g in groups]


def _begins_undashed(
    groups: Sequence[Sequence[tuple[str, PageLine]]],
    text: str,
    line: PageLine,
    dashes: Sequence[PageLine],
) -> bool:
    """Does a line without a dash begin an entry? After ";", unless the entry above is a list of
    its own ("VPCP: BTCN, các PCN;"), which goes on; a line set in as far as the words after the
    dashes has lost its dash, but not below one that names several and but one yet
    ("Các công ty: A;")."""
    if groups and _FILED.match(text):
        return True
    if not groups or starts_lower(text):
        return False
    above = join([t for t, _ in groups[-1]])
    if above.endswith((",", ".")) and ":" not in above and _is_set_in(line, dashes):
        return True
    if dashes and above.endswith(";") and _SEVERAL.match(above):
        return False
    ended = above.endswith(";") or (above.endswith(".") and not dashes)
    return ended and not (dashes and ":" in above and not _is_set_in(line, dashes))


def _is_set_in(line: PageLine, dashes: Sequence[PageLine]) -> bool:
    lefts = sorted(d.box[0] for d in dashes if d.box is not None)
    if line.box is None or not lefts:
        return False
    indent = line.box[0] - lefts[len(lefts) // 2]
    return 0.006 * line.page_width < indent < 0.03 * line.page_width


def _parts(text: str) -> list[str]:
    return [clean for part in _INNER.split(text) if (clean := end_stripped(part))]


def end_stripped(text: str) -> str:
    """An entry without the punctuation that ends it and a dash before it."""
    text = _BARS.sub(" ", text)
    return str(_DASH.sub("", _END_SPECKS.sub("", text.strip())).rstrip(" ;.,:").strip())
