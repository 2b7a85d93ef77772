"""The numbered points of a body as a tree: directives, their items, the paragraphs of each.

In: the paragraphs of the body; out: what stands before the first point, the points, and the
paragraphs after the last that close the letter. A paragraph without a mark belongs to the point
before it. In a decision the points are its Điều.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import regex

from pipeline.letter import keywords
from pipeline.letter.folding import fold, upper_share
from pipeline.letter.markers import Marker, as_arabic_one
from pipeline.letter.paragraphs import Paragraph
from pipeline.record import Directive, Heading, Item

_OUTER = ("part",)


@dataclass(slots=True)
class Node:
    """A point: its mark, its own paragraphs (first without mark) and the points below it."""

    marker: Marker
    first: Paragraph
    children: list[Node | Paragraph] = field(default_factory=list)

    def printed(self) -> list[str]:
        """All its paragraphs in order, its own mark left out, those below it with theirs."""
        out = [self.first.text] if self.first.text else []
        for child in self.children:
            if isinstance(child, Node):
                inner = child.printed()
                own = inner[0] if child.first.text else ""
                out.append(f"{child.marker.label} {own}".strip())
                out += inner[1:] if child.first.text else inner
            else:
                out.append(child.printed)
        return out

    def paragraphs(self) -> list[Paragraph]:
        """All its paragraphs in order."""
        out = [self.first]
        for child in self.children:
            out += child.paragraphs() if isinstance(child, Node) else [child]
        return out


@dataclass(frozen=True, slots=True)
class Title:
    """The heading of a Phần, Chương or Mục, over its own paragraphs; it stands above the point of
    index `before`."""

    paragraphs: list[Paragraph]
    before: int

    def heading(self) -> Heading:
        """It as it stands in the record."""
        marker = self.paragraphs[0].marker
        texts = [p.text for p in self.paragraphs if p.text]
        label = marker.label if marker else ""
        return Heading(marker=label, text="\n".join(texts), before=self.before)


@dataclass(frozen=True, slots=True)
class Points:
    """The body taken apart."""

    before: list[Paragraph]
    points: list[Node]
    closing: list[Paragraph]
    titles: list[Title] = field(default_factory=list)


def find_points(body: Sequence[Paragraph]) -> Points:
    """The points of a body; none where it is not numbered."""
    body = _settle_ones(body)
    top = _top_rank(body)
    if top is None:
        return Points(list(body), [], [])
    before: list[Paragraph] = []
    points: list[Node] = []
    open_nodes: list[Node] = []
    titles: list[Title] = []
    for paragraph in body:
        marker = paragraph.marker
        below_title = bool(titles) and titles[-1].before == len(points)
        if marker is not None and marker.kind in _OUTER:
            open_nodes = []
            titles.append(Title([paragraph], len(points)))
        elif marker is not None and (points or marker.rank == top) and marker.rank >= top:
            _place(Node(marker, paragraph), points, open_nodes)
        elif open_nodes:
            open_nodes[-1].children.append(paragraph)
        elif below_title and (points or _is_title(paragraph)):
            titles[-1].paragraphs.append(paragraph)
        else:
            before.append(paragraph)
    return Points(before, points, _take_closing(points), titles)


def _is_title(paragraph: Paragraph) -> bool:
    """Can the paragraph be the words of a heading, and no sentence?"""
    short = len(paragraph.text) < 200 or upper_share(paragraph.text) > 0.85
    return short and not paragraph.text.endswith((".", ";", ":", ","))


def _settle_ones(body: Sequence[Paragraph]) -> list[Paragraph]:
    """A lone "I." before "2." is a 1 that was read as a letter."""
    kinds = [(p.marker.kind, p.marker.value) for p in body if p.marker]
    if ("roman", 1) not in kinds or ("roman", 2) in kinds or ("arabic", 1) in kinds:
        return list(body)
    if ("arabic", 2) not in kinds:
        return list(body)
    return [
        Paragraph(p.text, as_arabic_one(p.marker), p.lines)
        if p.marker is not None and p.marker.kind == "roman"
        else p
        for p in body
    ]


def _top_rank(body: Sequence[Paragraph]) -> int | None:
    """The outermost kind of mark that begins a series at its start."""
    markers = [p.marker for p in body if p.marker is not None and p.marker.is_numbered]
    ranks = {m.rank for m in markers if m.value <= 2 or m.kind == "article"}
    for rank in sorted(ranks):
        of_kind = [m for m in markers if m.rank == rank]
        if _is_series(of_kind):
            return rank
    return None


def _is_series(markers: Sequence[Marker]) -> bool:
    kind = markers[0].kind
    if kind == "article":
        return True
    if kind in ("capital", "roman", "letter", "paren", "paren_roman"):
        return len(markers) > 1
    return len(markers) > 1 or markers[0].value == 1


def _place(node: Node, points: list[Node], open_nodes: list[Node]) -> None:
    while open_nodes and open_nodes[-1].marker.rank >= node.marker.rank:
        open_nodes.pop()
    if open_nodes:
        open_nodes[-1].children.append(node)
    else:
        points.append(node)
    open_nodes.append(node)


def _take_closing(points: list[Node]) -> list[Paragraph]:
    """Take the closing paragraphs off the last point."""
    if not points:
        return []
    last = points[-1]
    tail = _tail(last)
    keep = (
        1 if _is_heading(last.first) and not any(isinstance(c, Node) for c in last.children) else 0
    )
    tail = tail[keep:] if len(tail) == len(last.paragraphs()) - 1 else tail
    count = 0
    for paragraph in reversed(tail):
        if not _closes(paragraph, is_last=count == 0):
            break
        count += 1
    closing = tail[len(tail) - count :] if count else []
    for paragraph in closing:
        _remove(last, paragraph)
    return closing


def _tail(node: Node) -> list[Paragraph]:
    """The unmarked paragraphs at the very end of a point."""
    out: list[Paragraph] = []
    for child in reversed(node.children):
        if isinstance(child, Node):
            return _tail(child) + out
        out.insert(0, child)
    return out


def _remove(node: Node, paragraph: Paragraph) -> None:
    for child in list(node.children):
        if child is paragraph:
            node.children.remove(child)
        elif isinstance(child, Node):
            _remove(child, paragraph)


def _is_heading(paragraph: Paragraph) -> bool:
    return not paragraph.text or not paragraph.text.rstrip().endswith((".", ";", "!"))


_END_MARK = regex.compile(r"[.,/!][ ]?[./!,][ ]?[./!,]?[\s\W]{0,3}$")
_ASKS = regex.compile(
    r"^[^.;:]{3,120}?\b"
    r"(?:yeu cau|de nghi|thong bao|bao cao|kinh de nghi|kinh trinh|tran trong|giao)\b"
)


def _closes(paragraph: Paragraph, *, is_last: bool) -> bool:
    """Is it a closing paragraph: the last that ends "./.", or one that asks to carry out all?"""
    text, folded = paragraph.text.rstrip(), fold(paragraph.text)
    if is_last and _END_MARK.search(text):
        return True
    opener = keywords.opens_phrase(paragraph.text, "closing")
    return text.endswith((".", "/", "!")) and (
        opener or (keywords.opens_body(paragraph.text) and _ASKS.match(folded) is not None)
    )


def numbered(points: Sequence[Node], where: str = "directives") -> Iterator[tuple[str, Node]]:
    """All points and those below them, each with its place in the record."""
    for i, node in enumerate(points):
        yield f"{where}.{i}", node
        below = [c for c in node.children if isinstance(c, Node)]
        yield from numbered(below, f"{where}.{i}.items")


def to_directives(points: Sequence[Node]) -> list[Directive]:
    """The points as they stand in the record, without actors and deadline."""
    return [
        Directive(
            marker=node.marker.label,
            text="\n".join(node.printed()),
            items=[_item(c) for c in node.children if isinstance(c, Node)],
        )
        for node in points
    ]


def _item(node: Node) -> Item:
    return Item(
        marker=node.marker.label,
        text="\n".join(node.printed()),
        items=[_item(c) for c in node.children if isinstance(c, Node)],
    )
