"""What a page shows of a letter's beginning, its middle and its end.

In: a restored page, scanned or bare text. Out: `PageTraits`; words decide, zones and boxes help.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import regex

from pipeline.document import Box, RestoredPage, Zone
from pipeline.letter import keywords
from pipeline.letter.dates import find_date
from pipeline.letter.folding import alike, fold, letters, starts_lower, upper_share
from pipeline.letter.header import split_columns
from pipeline.letter.identifiers import find_identifiers, read_number_line
from pipeline.letter.keywords import opens_body
from pipeline.letter.lines import PageLine, page_lines, union
from pipeline.letter.markers import read_marker

_TOP_LINES = 40
_TOP_SHARE = 0.6  # of the page's height: a letterhead stands above, a place and date at the foot
_RUNNING = 55  # characters: a line of running text is longer than a line of a letterhead
_LETTERHEAD = frozenset({"heading", "number", "blank_number", "date"})
_ATTACHED = regex.compile(
    r"^[^\p{L}\p{N}]{0,3}(?:ban hanh |dinh |gui )?(?:[a-z]?em|ke[a-z]) theo\b"
    r"|^\(.{0,20}\btheo (?:quyet dinh|cong van|ke hoach|thong bao|nghi quyet|to trinh|huong dan)\b"
)
_FORM = regex.compile(r"^[(\[]?(?:mau|bieu|bieu mau|phu bieu)(?: so)?[ ]?[:.]?[ ]?[\divxlc]+\b")
_DOTS = regex.compile(r"[.…_]{3,}|…|\.{2,}[ ]?/")
# A letterhead badly read keeps its shape: a short word and a number; words and figures of a date.
_SHORT_WORD = regex.compile(
    r"^[^\p{L}\p{N}]{0,3}\p{L}[\p{L}\d]{0,2}[ :.;]{1,3}(?=[\d ]{0,8}\d ?[-/])"
)
_SHAPE_OF_DATE = regex.compile(
    r"^[^,]{2,40}, ?\S{3,4} \d{1,2} \S{4,5} \d{1,2} \S{2,4} (?:19|20)\d\d\W*$"
)
_STAR = regex.compile(r"^\*(?: ?\*){0,2}$")
_BLANK_MONTH = regex.compile(r"\bth[a-z]{1,3}g?[ ]?[.…_]+|\bn[a-z]{1,2}m?[ ]?[.…_]+$")
_BLANK_SYMBOL = regex.compile(r"[/-][ ]?[.…_]{2,}|/…")
_COPY_CODES = regex.compile(r"(?:sy|sl|bs|trs|sao)")
_FORM_LINES = 3
_ALIKE = 70  # per cent of a heading's letters, in a line of capitals of about its length
_LINES_ABOVE = 6  # bodies' names and stamps may stand above Quốc hiệu; six lines are a text
_NUMBER_REST = (
    4  # characters after a letterhead's number: specks; what is cited goes on with a date
)
_MANY_BLANKS = 30  # lines of a page's top in which blanks are counted
_PAGE_NUMBER = regex.compile(r"^[-–—. ]*(?:trang )?(\d{1,3})(?:/\d{1,3})?[-–—. ]*$")


@dataclass(frozen=True, slots=True)
class PageTraits:
    """`found` are traits of dictionaries/letter_beginnings.tsv; `own` is the folded number of the
    letterhead, `cited` those the page says it is attached to; `printed` its page number; `closes`
    whether a letter is signed or distributed on it; `box` the letterhead; `inner` a letterhead
    below running text."""

    number: int
    found: frozenset[str]
    own: str | None = None
    cited: frozenset[str] = frozenset()
    printed: int | None = None
    blank: bool = False
    closes: bool = False
    box: Box | None = None
    inner: PageLine | None = None


def traits_of(page: RestoredPage) -> PageTraits:
    """The traits of one page."""
    lines = page_lines([page])
    printed = _printed_number(page, lines)
    if sum(len(letters(line.text)) for line in lines) < 4:
        return PageTraits(page.number, frozenset({"blank"}), printed=printed, blank=True)
    high = [x for x in lines if x.box is None or x.box[1] < _TOP_SHARE * page.height]
    printed_top = [x for x in high[:_TOP_LINES] if x.zone is not Zone.TABLE]
    head = _Head.read([piece for line in printed_top for piece in split_columns(line)])
    found = set(head.found)
    dated = "date" in found and found & {"body", "title", "about", "address"}
    if not (dated or found & {"heading", "number", "blank_number"}):
        found.add("no_letterhead")
    box = union(line.box for line in head.lines if line.box)
    if box and _lines_above(lines, box[1]) >= _LINES_ABOVE:
        found.add("below_text")
    if runs_on(lines):
        found.add("runs_on")
    if printed is not None and printed > 1:
        found.add("later_number")
    if page.width > 1.1 * page.height:
        found.add("landscape")
    kinds = {mark.kind for mark in page.marks}
    if "electronic_signature" in kinds:
        found.add("signature_block")
    if any(m.kind == "stamp" and "den" in fold(m.text or "").split() for m in page.marks):
        found.add("arrival")
    return PageTraits(
        number=page.number,
        found=frozenset(found),
        own=head.own,
        cited=frozenset(head.cited),
        printed=printed,
        closes=_closes(lines),
        box=box,
        inner=_inner_letterhead(lines, page.height),
    )


def _lines_above(lines: Sequence[PageLine], top: int) -> int:
    """How many lines stand wholly above `top`, whatever their place in reading order."""
    return sum(x.box is not None and x.box[3] <= top and len(letters(x.text)) > 3 for x in lines)


def _printed_number(page: RestoredPage, lines: Sequence[PageLine]) -> int | None:
    """The page number: a mark of a scan; of bare text, the first or last line that is one."""
    texts = [mark.text or "" for mark in page.marks if mark.kind == "page_number"]
    if not page.width and lines:
        texts += [lines[0].text, lines[-1].text]
    numbers = [int(m[1]) for text in texts if (m := _PAGE_NUMBER.match(fold(text).strip()))]
    return numbers[0] if numbers else None


@dataclass(slots=True)
class _Head:
    """What the lines above the running text show."""

    found: set[str]
    lines: list[PageLine]
    cited: set[str]
    own: str | None = None
    headings: int = 0

    @classmethod
    def read(cls, top: Sequence[PageLine]) -> _Head:
        head = cls(set(), [], set())
        running = 0
        for at, line in enumerate(top):
            if head.lines and _closes([line]):
                break
            kind = head.kind_of(line, at)
            if kind in ("attached", "address"):
                running = 0
            elif kind is None and is_running(line):
                running += 1
                if running > (4 if head.lines else 1):
                    break
            if kind:
                head.take(kind, line)
        if head.headings > 1:
            head.found.add("second_heading")
        if head.is_form(top):
            head.found.add("form")
        if "copy" in head.found and not head.is_copy_block(running):
            head.found.remove("copy")
        return head

    def is_form(self, top: Sequence[PageLine]) -> bool:
        """Is the letterhead one that somebody is to fill in?"""
        if any(_BLANK_MONTH.search(fold(line.text)) for line in self.lines):
            return True
        blank = "blank_number" in self.found
        if blank and any(_BLANK_SYMBOL.search(line.text) for line in self.lines):
            return True
        dotted = sum(_DOTS.search(line.text) is not None for line in top[:_MANY_BLANKS])
        return self.own is None and dotted >= _FORM_LINES

    def is_copy_block(self, running: int) -> bool:
        """Is the copy's word that of a block by itself, and not set on the copied letter?"""
        numbered = self.own is not None and _COPY_CODES.search(self.own) is not None
        return numbered or not (running or self.found & {"title", "address", "about"})

    def kind_of(self, line: PageLine, at: int) -> str | None:
        """The trait a line shows, None where it shows none."""
        text, folded = line.text, fold(line.text).strip(" *\"'“")
        if _is_heading(text):
            return "heading"
        if _ATTACHED.match(folded) and not text[:1].islower():
            return "attached"
        if at < 8 and (keywords.opens_appendix(text) or _FORM.match(folded)):
            return "appendix"
        if keywords.copy_kind(text) is not None:
            return "copy"
        if is_place_and_date(text):
            return "date"
        if (number := number_of(text)) is not None:
            return "number" if number else "blank_number"
        if _STAR.match(text):
            return "star"
        if keywords.recipients_start(text) is not None:
            return "address"
        if keywords.about_start(text) is not None:
            return "about"
        if _is_title(text):
            return "title"
        if at < 8 and upper_share(text) > 0.7 and opens_body(text):
            return "body"
        return None

    def take(self, kind: str, line: PageLine) -> None:
        """Note the trait."""
        self.found.add(kind)
        self.headings += kind == "heading"
        if kind in _LETTERHEAD:
            self.lines.append(line)
        if kind == "number":
            self.own = self.own or number_of(line.text)
        if kind == "attached":
            self.cited |= {letters(i.text or i.printed) for i in find_identifiers(line.text)}


def _is_heading(text: str) -> bool:
    if keywords.is_state_title(text) or keywords.is_party_title(text) or keywords.is_motto(text):
        return True
    headings = (keywords.STATE_TITLE, keywords.PARTY_TITLE)
    return upper_share(text) > 0.9 and any(alike(text, h, _ALIKE) for h in headings)


def _is_title(text: str) -> bool:
    named = keywords.title_type(text)
    return named is not None and named[1] >= len(text)


def is_place_and_date(text: str) -> bool:
    """Is the line "Hải Phòng, ngày 18 tháng 9 năm 2019", perhaps with blanks to be filled in?"""
    if _SHAPE_OF_DATE.match(text):
        return True
    date = find_date(text)
    if date is None or len(text) > 75 or len(text) - date.end > 12 or date.start > 45:
        return False
    place = regex.sub(r"(?i)\bng\p{L}{1,3}\s*$", "", text[: date.start])
    if regex.search(r"\bng[a-z]{1,3}\b", fold(text[: date.end])) is None or "/" in place:
        return False
    words = [word for word in place.split() if word[0].isalpha()]
    return len(words) < 8 and 2 * sum(word[0].isupper() for word in words) >= len(words)


def number_of(text: str) -> str | None:
    """The folded number of a letterhead's line "Số: …", "" where it is blank; None for others."""
    start = keywords.number_start(text)
    if start is None and (short := _SHORT_WORD.match(text)):
        start = short.end()
    if start is None or len(text) > 60:
        return None
    rest = text[start:]
    number = read_number_line(rest)
    if number is not None:
        if len(rest) - number.end > _NUMBER_REST:
            return None
        return letters(number.text) if number.number and number.text else ""
    return "" if not letters(rest) and (":" in text or _DOTS.search(rest)) else None


def is_running(line: PageLine) -> bool:
    """Is the line one of running text rather than of a letterhead?"""
    return len(line.text) > _RUNNING and upper_share(line.text) < 0.4


def runs_on(lines: Sequence[PageLine]) -> bool:
    """Does the page begin in the middle of something: a sentence, or a numbered list?"""
    first = next((line.text for line in lines if len(letters(line.text)) > 3), "")
    if starts_lower(first) and not first[:1].isdigit():
        return len(first) > 25
    marker = read_marker(first)
    return marker is not None and marker.is_numbered and len(first) > 25


def _closes(lines: Sequence[PageLine]) -> bool:
    return any(
        keywords.distribution_start(line.text) is not None
        or keywords.authority_end(line.text) is not None
        or (keywords.is_position(line.text) and _name_soon(lines[at + 1 : at + 6]))
        for at, line in enumerate(lines)
    )


def _name_soon(lines: Sequence[PageLine]) -> bool:
    return any(keywords.is_name(line.text) for line in lines)


def _inner_letterhead(lines: Sequence[PageLine], height: int) -> PageLine | None:
    """A heading with number or date beside it, below running text: a second letter, if it is no
    copy's block and no form."""
    for at, line in _headings_below_text(lines, height):
        near = [p for x in lines[max(0, at - 4) : at + 8] for p in split_columns(x)]
        texts = [x.text for x in near]
        form = any(_DOTS.search(t) and (number_of(t) == "" or find_date(t)) for t in texts)
        if form or any(keywords.copy_kind(t) is not None for t in texts):
            continue
        if any(number_of(t) for t in texts) and any(map(is_place_and_date, texts)):
            return line
    return None


def _headings_below_text(lines: Sequence[PageLine], height: int) -> Iterator[tuple[int, PageLine]]:
    running = 0
    for at, line in enumerate(lines):
        running += is_running(line)
        low = line.box is None or line.box[1] > 0.25 * height
        if running > 2 and low and any(_is_heading(p.text) for p in split_columns(line)):
            yield at, line
