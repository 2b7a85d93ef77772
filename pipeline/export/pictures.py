"""What a PDF page paints: the pictures of a scan, where nothing else is to be seen.

In: a page of a PDF. Out: its image objects with the matrices they are painted with, ready to be
painted again without the text and whatever else lies in the page; or nothing, where the page
shows more than pictures, or pictures that PDF/A-2 does not take as they are.

Operators: ISO 32000-1, 8 and 9; what PDF/A forbids: ISO 19005-2, 6.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pikepdf
from pikepdf import Matrix, Name, Object

COVERS = 0.9
"""Share of the page from which on a picture hides what was painted before it."""
_DEEPEST = 8
"""Forms inside forms are followed so far; deeper ones are taken for something else."""
_PAINTS = frozenset(("f", "F", "f*", "B", "B*", "b", "b*", "S", "s", "sh", "inline image"))
_SHOWS_TEXT = frozenset(("Tj", "TJ", "'", '"'))
_COLOURS = frozenset(("g", "rg", "k", "sc", "scn", "cs"))
INVISIBLE = 3


@dataclass(frozen=True, slots=True)
class Painted:
    """An image and the matrix from its unit square to the page; `ink` are the operands of `g` or
    `rg` that a stencil is painted with."""

    image: pikepdf.Stream
    matrix: Matrix
    ink: tuple[float, ...] = (0.0,)


@dataclass(slots=True)
class _State:
    matrix: Matrix
    text_mode: int = 0
    ink: tuple[float, ...] | None = (0.0,)


@dataclass(slots=True)
class _Walk:
    """Pictures found so far, and whether something else was painted over them."""

    area: float
    found: list[Painted] = field(default_factory=list)
    other: bool = False

    def add(self, picture: Painted) -> None:
        m = picture.matrix
        if abs(m.a * m.d - m.b * m.c) >= COVERS * self.area and "/SMask" not in picture.image:
            self.found, self.other = [], False
        self.found.append(picture)


def painted_pictures(page: pikepdf.Page) -> list[Painted] | None:
    """The pictures of the page in the order they are painted, None where it shows other things
    or a picture that may not stand in PDF/A-2 as it is."""
    box = [float(v) for v in page.cropbox]
    walk = _Walk(abs((box[2] - box[0]) * (box[3] - box[1])))
    try:
        _walk(page, page.resources, _State(Matrix()), walk, 0)
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, AttributeError):
        return None  # content that cannot be followed is drawn instead
    if walk.other or not walk.found or not all(allowed(p.image) for p in walk.found):
        return None
    return walk.found


def _walk(
    content: pikepdf.Page | Object, resources: Object, state: _State, walk: _Walk, depth: int
) -> None:
    stack: list[_State] = []
    for operands, operator in _instructions(content):
        if operator == "q":
            stack.append(_State(state.matrix, state.text_mode, state.ink))
        elif operator == "Q" and stack:
            state = stack.pop()
        elif operator == "cm":
            state.matrix = Matrix(*(float(v) for v in operands)) @ state.matrix
        elif operator == "Tr":
            state.text_mode = int(operands[0])
        elif operator in _COLOURS:
            known = operator in ("g", "rg")
            state.ink = tuple(float(v) for v in operands) if known else None
        elif operator in _SHOWS_TEXT:
            walk.other |= state.text_mode != INVISIBLE
        elif operator in _PAINTS:
            walk.other = True
        elif operator == "gs":
            walk.other |= _transparent(resources, operands[0])
        elif operator == "Do":
            _do(resources.XObject[str(operands[0])], resources, state, walk, depth)


def _instructions(content: pikepdf.Page | Object) -> Iterator[tuple[list[Object], str]]:
    for instruction in pikepdf.parse_content_stream(content):
        if isinstance(instruction, pikepdf.ContentStreamInlineImage):
            yield [], "inline image"
        else:
            yield list(instruction.operands), str(instruction.operator)


def _do(thing: Object, resources: Object, state: _State, walk: _Walk, depth: int) -> None:
    kind = thing.get("/Subtype")
    if kind == Name.Image and isinstance(thing, pikepdf.Stream):
        stencil = bool(thing.get("/ImageMask", False))
        if stencil and state.ink is None:
            walk.other = True
        else:
            walk.add(Painted(thing, state.matrix, state.ink or (0.0,)))
    elif kind == Name.Form and depth < _DEEPEST:
        own = Matrix(*(float(v) for v in thing.get("/Matrix", [1, 0, 0, 1, 0, 0])))
        inner = _State(own @ state.matrix, state.text_mode, state.ink)
        _walk(thing, thing.get("/Resources", resources), inner, walk, depth + 1)
    else:
        walk.other = True


def _transparent(resources: Object, name: Object) -> bool:
    settings = resources.ExtGState[str(name)]
    return (
        settings.get("/SMask", Name.None_) != Name.None_
        or float(settings.get("/ca", 1)) < 1
        or settings.get("/BM", Name.Normal) not in (Name.Normal, Name.Compatible)
    )


def allowed(image: pikepdf.Stream) -> bool:
    """Whether the image may stand in PDF/A-2 with an RGB output intent: no LZW, no colours of a
    printing press."""
    filters = image.get("/Filter", pikepdf.Array())
    names = [filters] if isinstance(filters, Name) else [*filters]
    if Name.LZWDecode in names or Name.JPXDecode in names or Name.Crypt in names:
        return False
    if image.get("/ImageMask", False):
        return True
    mask = image.get("/SMask")
    if isinstance(mask, pikepdf.Stream) and not allowed(mask):
        return False
    return _device_independent_or_rgb(image.get("/ColorSpace"))


def _device_independent_or_rgb(space: Object | None) -> bool:
    if space is None:
        return False
    if isinstance(space, Name):
        return space in (Name.DeviceGray, Name.DeviceRGB)
    kind = space[0]
    if kind == Name.ICCBased:
        return int(space[1].N) in (1, 3)
    if kind == Name.Indexed:
        return _device_independent_or_rgb(space[1])
    return kind in (Name.CalGray, Name.CalRGB, Name.DeviceGray, Name.DeviceRGB)


def clean(image: pikepdf.Stream) -> None:
    """Take from the image what PDF/A-2 forbids and no viewer needs (ISO 19005-2, 6.2.8)."""
    for key in ("/Interpolate", "/Alternates", "/OPI", "/Metadata", "/Intent", "/PieceInfo"):
        if key in image:
            del image[key]
    mask = image.get("/SMask")
    if isinstance(mask, pikepdf.Stream):
        clean(mask)
