"""Which lines are letterhead, title, trích yếu, addressees, body, foot, and what follows.

In: all lines of a document; out: `Sections`. Zones are hints; words decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from pipeline.document import Mark, Zone
from pipeline.letter import keywords
from pipeline.letter.after import letterhead_start
from pipeline.letter.folding import fold, letters, starts_lower, upper_share
from pipeline.letter.furniture import find_furniture
from pipeline.letter.header import is_date_line, is_mark_line, split_columns
from pipeline.letter.identifiers import find_identifiers
from pipeline.letter.lines import PageLine
from pipeline.letter.markers import read_marker
from pipeline.letter.paragraphs import Measure, measure
from pipeline.letter.recipients import recipient_lines
from pipeline.letter.stamped import beside_title, is_cut
from pipeline.letter.tables import DocumentType
from pipeline.record import PassageKind
from pipeline.restore.orthography import analyse

_HEAD_LINES = 45
_FIRST_ENTRY = regex.compile(r"^[-–—−•*][ ]?Như (?:trên|[Đđ]iều)\b")
_DASH_ENTRY = regex.compile(r"^[-–—−•+*][ ]?\p{L}[^.]*;$")


@dataclass(frozen=True, slots=True)
class Sections:
    """The lines of each part, in order. `kind` is the type the title names, `title_rest` where
    the trích yếu begins inside the title's own line."""

    head: tuple[PageLine, ...]
    title: PageLine | None
    kind: DocumentType | None
    title_rest: int
    subject: tuple[PageLine, ...]
    recipients: tuple[PageLine, ...]
    body: tuple[PageLine, ...]
    foot: tuple[PageLine, ...]
    rest: tuple[PageLine, ...]
    doubtful_subject: bool = False
    furniture: tuple[tuple[PassageKind, tuple[PageLine, ...]], ...] = ()


def divide(lines: Sequence[PageLine], marks: Sequence[Mark] = ()) -> Sections:
    """Divide the lines of one letter into its parts; `marks` are the seals and stamps on it."""
    furniture = find_furniture(lines)
    aside = {id(x) for _, some in furniture for x in some}
    lines = [x for x in lines if id(x) not in aside]
    head, after = _head(lines)
    title: PageLine | None = None
    kind: DocumentType | None = None
    subject: list[PageLine] = []
    rest_of_title, doubtful = 0, False
    if after and (named := keywords.title_type(after[0].text)):
        title, (kind, rest_of_title) = after[0], named
        if beside := beside_title(title, after[1:8]):
            furniture = (*furniture, ("stamp", tuple(beside)))
        below = [x for x in after[1:] if not any(x is y for y in beside)]
        subject, after, doubtful = _subject(below, kind, marks)
        if subject and _speaks(subject):
            at = next((i for i in range(1, len(subject)) if _is_apart(*subject[i - 1 : i + 1])), 0)
            subject, after, doubtful = subject[:at], [*subject[at:], *after], bool(at)
    recipients, after = recipient_lines(after)
    body, foot, rest = _foot(after)
    return Sections(
        tuple(head), title, kind, rest_of_title, tuple(subject), tuple(recipients),
        tuple(body), tuple(foot), tuple(rest), doubtful, furniture,
    )  # fmt: skip


def _head(lines: Sequence[PageLine]) -> tuple[list[PageLine], list[PageLine]]:
    """The letterhead, its mixed lines cut apart, and what follows from the title on."""
    top: list[PageLine] = []
    origin: list[int] = []
    for i, line in enumerate(lines[:_HEAD_LINES]):
        mixed = keywords.recipients_start(line.text) is None
        pieces = split_columns(line) if mixed else [line]
        top += pieces
        origin += [i] * len(pieces)
    end = _head_end(top)
    after = origin[end] if end < len(top) else min(len(lines), _HEAD_LINES)
    return top[:end], list(lines[after:])


def _head_end(lines: Sequence[PageLine]) -> int:
    """The first line that is title, "Kính gửi" or body."""
    if lines and _opens_with_title(lines):
        return 0
    seen, last = 0, 0
    for i, line in enumerate(lines):
        if keywords.recipients_start(line.text) is not None:
            return i
        if _is_title(line, seen):
            return i
        if _is_head_line(line):
            seen, last = seen + 1, i + 1
        elif last and i - last > 8:
            break
        elif seen >= 2 and _opens_running_text(lines, i) and not _address_below(lines, i):
            return i
    return last


def _address_below(lines: Sequence[PageLine], i: int) -> bool:
    """Does "Kính gửi" still stand below line `i` (what lies between is a later note)?"""
    return any(keywords.recipients_start(line.text) is not None for line in lines[i : i + 15])


def _opens_with_title(lines: Sequence[PageLine]) -> bool:
    """Does the text begin with its title, no letterhead above or below it?"""
    named = keywords.title_type(lines[0].text)
    bare = named is not None and named[1] >= len(lines[0].text)
    return bare and not any(_is_head_line(x) and not starts_lower(x.text) for x in lines[1:15])


def _is_title(line: PageLine, seen: int) -> bool:
    named = keywords.title_type(line.text)
    if named is None or not seen:
        return False
    return named[1] >= len(line.text) or (seen >= 2 and line.zone is not Zone.LETTERHEAD_LEFT)


def _is_head_line(line: PageLine) -> bool:
    text = line.text
    return (
        keywords.is_state_title(text)
        or keywords.is_party_title(text)
        or keywords.is_motto(text)
        or keywords.number_start(text) is not None
        or keywords.about_start(text) is not None
        or (len(text) < 60 and is_date_line(text))
    )


def _opens_running_text(lines: Sequence[PageLine], i: int) -> bool:
    """Does the body begin here, in a letter with neither title nor "Kính gửi"?"""
    text = lines[i].text
    long = len(text) > 55 and upper_share(text) < 0.4
    opener = keywords.opens_phrase(text, "body")
    return opener and long and (lines[i].gap or not starts_lower(text))


def _speaks(subject: Sequence[PageLine]) -> bool:
    """Are the lines below a title no trích yếu but the letter's first sentence, which a colon ends
    ("Công ty … trân trọng giới thiệu:")? A giấy giới thiệu and its like have no trích yếu."""
    text = " ".join(line.text for line in subject)
    return text.endswith(":") and len(text) > 25 and keywords.about_start(text) is None


_LAWS = ("Luật", "Bộ luật", "Pháp lệnh")  # their title always goes on: "LUẬT / BÁO CHÍ"


def _subject(
    lines: list[PageLine], kind: DocumentType, marks: Sequence[Mark]
) -> tuple[list[PageLine], list[PageLine], bool]:
    """The trích yếu under the title of a `kind`, what follows, and whether its end is doubtful."""
    widths = measure([line for line in lines if len(line.text) > 25])
    parted = any(line.gap for line in lines[1:10])
    address = _address_soon(lines)
    subject: list[PageLine] = []
    for i, line in enumerate(lines[:20]):
        if not keywords.has_letters(line.text):
            if subject:  # a rule; but a lone figure is a piece of something else
                return subject, lines[i + 1 :], any(c.isalnum() for c in line.text)
            continue
        if not subject and kind.name in _LAWS and upper_share(line.text) > 0.8:
            subject.append(line)
            continue
        if subject and _tells_of_itself(line.text, kind):
            return subject, lines[i:], False
        end = _ends_subject(subject, line, widths, parted=parted)
        if not end and subject and _opens_block(lines, i, widths):
            end = "guess"
        if subject and line.gap and is_cut(line, marks) and not widths.is_short(line):
            end = end or "guess"
        if end == "gap":
            end = "" if i < address or _is_centred(line, subject[-1], widths) else "sure"
        if end:
            return subject, _without_authority(lines[i:]), end == "guess"
        subject.append(line)
    return subject[:1], lines[len(subject[:1]) :], True


def _tells_of_itself(text: str, kind: DocumentType) -> bool:
    """Does the line begin to tell of the document by its type and number, as a consolidated text
    (văn bản hợp nhất) does below the title?"""
    if not fold(text).startswith(f"{fold(kind.name)} "):
        return False
    found = next(find_identifiers(text), None)
    return found is not None and fold(text[: found.start]).rstrip().endswith("so")


def _ends_subject(
    subject: Sequence[PageLine], line: PageLine, widths: Measure, *, parted: bool
) -> str:
    """ "sure", "gap" or "guess" where `line` no longer belongs to the trích yếu, else "".

    `parted`: empty lines part the text hereabouts, so one ends the trích yếu too."""
    text = line.text
    if keywords.recipients_start(text) is not None or keywords.is_enacting(text):
        return "sure"
    marker = read_marker(text)
    if marker is not None and (subject or marker.is_numbered):
        return "sure"
    if is_enacting_body(text) or is_mark_line(text):
        return "sure"
    if subject and keywords.cut_basis(text) and not fold(subject[-1].text).endswith("can"):
        return "sure"
    if not subject:
        return ""
    if _is_in_capitals(text) and len(text) > 12 and upper_share(subject[-1].text) < 0.5:
        return "guess"
    if _is_full_below_centred(subject[-1], line, widths):
        return "guess"
    if _opens_paragraph(subject[-1], line):
        return "sure"
    if text.startswith(("Căn cứ ", "CĂN CỨ ")) and not subject[-1].text.endswith(","):
        return "sure"
    if line.gap:
        return "" if _goes_on(subject, line) else "gap"
    if subject[-1].text.endswith((".", ":")) and not starts_lower(text):
        return "sure"
    if text[:1].isupper() and keywords.opens_phrase(text, "body_sure"):
        return "sure"
    return "" if parted or starts_lower(text) else _ends_unparted(subject[-1], line, widths)


def _address_soon(lines: Sequence[PageLine]) -> int:
    """Where "Kính gửi" stands, if no sentence ends before it and it comes soon; else 0."""
    for i, line in enumerate(lines[:10]):
        if keywords.recipients_start(line.text) is not None:
            return i
        if line.text.endswith((".", ";", ":")) and len(line.text) > 40:
            return 0
    return 0


def _is_centred(line: PageLine, above: PageLine, widths: Measure) -> bool:
    """Set in from both margins and centred as the line above is: a trích yếu, not a paragraph."""
    if line.box is None or above.box is None or widths.left is None or widths.right is None:
        return False
    margin = 0.04 * max(line.page_width, 1)
    inside = line.box[0] > widths.left + margin and line.box[2] < widths.right - margin
    shift = (line.box[0] + line.box[2] - above.box[0] - above.box[2]) / 2
    return inside and abs(shift) < margin


def _opens_block(lines: Sequence[PageLine], i: int, widths: Measure) -> bool:
    """Does a block of full lines begin at line `i`, set apart from what is above: the body, its
    first word covered by a stamp?"""
    line, below = lines[i], lines[i + 1] if i + 1 < len(lines) else None
    if below is None or line.box is None or below.box is None or not line.gap or below.gap:
        return False
    if widths.left is None or widths.right is None:
        return False
    near = 0.02 * line.page_width
    flush = below.box[0] < widths.left + near and below.box[2] > widths.right - near
    return flush and line.box[2] > widths.right - near and not line.top


def _is_in_capitals(text: str) -> bool:
    """Is a line in capitals, and not for its abbreviations only?"""
    share = upper_share(text)
    words = [w for w in text.split() if w.isupper() and analyse(w) is not None]
    return share > 0.9 or (share > 0.75 and len(words) > 2)


def _is_full_below_centred(above: PageLine, line: PageLine, widths: Measure) -> bool:
    """A line from margin to margin under one set far in from both: the body has begun."""
    if line.box is None or above.box is None or widths.left is None or widths.right is None:
        return False
    far, near = 0.15 * line.page_width, 0.02 * line.page_width
    centred = above.box[0] > widths.left + far and above.box[2] < widths.right - far
    if not centred or line.box[2] <= widths.right - near:
        return False
    # A stamp may cover the first words: then the line is not centred as the one above it is.
    shift = (line.box[0] + line.box[2] - above.box[0] - above.box[2]) / 2
    return line.box[0] < widths.left + near or abs(shift) > 0.06 * line.page_width


def _is_apart(above: PageLine, line: PageLine) -> bool:
    """Is there more room between two lines than between lines of one paragraph?"""
    if line.box is None or above.box is None:
        return line.gap
    return line.gap or line.box[1] - above.box[3] > 0.8 * (line.box[3] - line.box[1])


def _opens_paragraph(above: PageLine, line: PageLine) -> bool:
    """The first line of a paragraph well below a short centred one: its indent sets it off the
    axis of the title, however few lines the letter has to tell its margins by."""
    if line.box is None or above.box is None or line.page != above.page:
        return False
    far, off = 0.15 * line.page_width, 0.015 * line.page_width
    wider = above.box[0] - line.box[0] > far and line.box[2] - above.box[2] > far
    shift = (line.box[0] + line.box[2] - above.box[0] - above.box[2]) / 2
    return _is_apart(above, line) and wider and shift > off


def _ends_unparted(last: PageLine, line: PageLine, widths: Measure) -> str:
    """As above, for text without empty lines: running text is wide and begins with set words."""
    wide = not widths.is_short(line)
    narrow_before = widths.is_short(last)
    if keywords.opens_phrase(line.text, "body") and (wide or narrow_before):
        return "sure"
    return "guess" if wide and narrow_before else ""


def is_enacting_body(text: str) -> bool:
    """The enacting body in capitals between trích yếu and bases ("CHỦ TỊCH UỶ BAN NHÂN DÂN …")."""
    if (
        upper_share(text) < 0.85
        or len(text) < 6
        or fold(text).startswith(("ban hanh ", "ban hanh,"))
    ):
        return False
    return keywords.opens_body(text) or keywords.is_position(text)


# With all marks: "bảo vệ" and "chợ" may end a trích yếu, "về" and "cho" may not.
_UNFINISHED = (",", "-", " và", " của", " về", " tại", " cho", " trên", " việc")


def _goes_on(subject: Sequence[PageLine], line: PageLine) -> bool:
    """Does the trích yếu go on after an empty line?"""
    if line.top:
        return False
    if starts_lower(line.text):
        return True
    unfinished = subject[-1].text.casefold().endswith(_UNFINISHED)
    return unfinished or (line.zone is Zone.TITLE and subject[-1].zone is Zone.TITLE)


def _without_authority(lines: list[PageLine]) -> list[PageLine]:
    """The lines without the enacting body's name in capitals at their head."""
    at = 0
    while at < min(4, len(lines)) and upper_share(lines[at].text) > 0.85 and not (
        keywords.is_enacting(lines[at].text) or keywords.recipients_start(lines[at].text)
        or read_marker(lines[at].text)
    ):  # fmt: skip
        at += 1
    return lines[at:]


def _foot(lines: list[PageLine]) -> tuple[list[PageLine], list[PageLine], list[PageLine]]:
    """Body, foot (Nơi nhận and signature), and what comes after them."""
    start = next((i for i in range(len(lines)) if _opens_foot(lines, i)), None)
    if start is None:
        start = next((i for i, line in enumerate(lines) if i and opens_after(line)), len(lines))
        return lines[:start], [], lines[start:]
    end = _foot_end(lines, start)
    return lines[:start], lines[start:end], lines[end:]


def _opens_foot(lines: Sequence[PageLine], i: int) -> bool:
    line = lines[i]
    if keywords.distribution_start(line.text) is not None:
        return True
    if i == 0 or line.zone is Zone.TABLE:
        return False
    if line.zone is Zone.FOOT_LEFT and _DASH_ENTRY.match(line.text):
        return sum(x.zone is Zone.FOOT_LEFT for x in lines[i : i + 4]) > 1
    if keywords.authority_end(line.text) is not None or keywords.is_position(line.text):
        return _leads_to_name(lines, i)
    if line.zone in (Zone.FOOT_RIGHT, Zone.FOOT_LEFT) and upper_share(line.text) > 0.8:
        return _leads_to_name(lines, i)
    return False


def _leads_to_name(lines: Sequence[PageLine], i: int) -> bool:
    """Does a name or "Nơi nhận" follow a signature's first line closely?"""
    if any(line.zone in (Zone.FOOT_LEFT, Zone.FOOT_RIGHT) for line in lines[i + 1 : i + 4]):
        return True
    if any(_FIRST_ENTRY.match(line.text) for line in lines[i + 1 : i + 3]):
        return True  # the label "Nơi nhận" was not read
    for line in lines[i + 1 : i + 8]:
        if keywords.is_name(line.text) or keywords.distribution_start(line.text) is not None:
            return True
        if len(line.text) > 60 and upper_share(line.text) < 0.5:
            return False
        if keywords.is_enacting(line.text):
            return False
    return len(lines) - i <= 3


def opens_after(line: PageLine) -> bool:
    """Does what follows the letter (appendix, copy block, another letterhead) begin here?"""
    text = line.text
    return (
        keywords.opens_appendix(text)
        or keywords.copy_kind(text) is not None
        or keywords.is_state_title(text)
        or keywords.is_party_title(text)
    )


def _foot_end(lines: Sequence[PageLine], start: int) -> int:
    signed = listed = filed = False
    for i in range(start, len(lines)):
        line = lines[i]
        if i > start and opens_after(line):
            return letterhead_start(lines, i)
        if signed and keywords.number_start(line.text) is not None:
            return letterhead_start(lines, i)
        if line.zone is Zone.TABLE and i > start:
            return i
        if signed and (listed or i - start > 1) and keywords.opens_attachment(line.text):
            return i
        if line.top and i > start and (filed or (signed and (listed or i - start > 4))):
            return i
        signed = signed or keywords.is_name(line.text)
        listed = listed or keywords.distribution_start(line.text) is not None
        filed = filed or (listed and letters(line.text).startswith("luu"))
    return len(lines)
