"""The only place that runs poppler: pages of a PDF to pictures and to words.

In: the path of a PDF and the index of a page. Out: a PIL image, or words with boxes. Every failure
of the outside program comes back as a DocumentError, a missing one as MissingError.
"""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import warnings
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pdf2image
import pikepdf
import regex
from pdf2image.exceptions import PDFInfoNotInstalledError, PDFPopplerTimeoutError
from PIL import Image

from pipeline.document import Box, Mark
from pipeline.errors import DocumentError, MissingError
from pipeline.pdf_images import lighten


class _Group(subprocess.Popen[bytes]):
    """An outside program in a session of its own, killed with all that it started."""

    def __init__(self, command: list[str], **options: Any) -> None:
        super().__init__(command, **{**options, "start_new_session": True})

    def kill(self) -> None:
        """End the whole group."""
        if self.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)


# pdf2image starts poppler in our process group and on a timeout kills that child alone; there is
# no option for either.
setattr(pdf2image.pdf2image, "Popen", _Group)  # noqa: B010 - mypy takes the name for fixed


@dataclass(frozen=True, slots=True)
class LayerWord:
    """A word of a text layer; the box is in points from the page's top left corner."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    line: int


@dataclass(frozen=True, slots=True)
class LayerPage:
    """The text layer of one page; `width` and `height` in points as shown."""

    width: float
    height: float
    words: tuple[LayerWord, ...]


def version() -> str | None:
    """Version of the installed poppler, None where it is missing."""
    try:
        done = subprocess.run(
            ["pdftoppm", "-v"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = regex.search(r"version (\S+)", done.stderr + done.stdout)
    return found[1] if found else None


@cache
def version_once() -> str:
    """Version for the record; asked once a process."""
    return version() or "?"


def require() -> None:
    """Raise MissingError("poppler_missing") where the programs of poppler are not installed."""
    if not (shutil.which("pdftoppm") and shutil.which("pdftotext")):
        raise MissingError("poppler_missing")


def render_page(
    path: Path,
    index: int,
    dpi: float,
    *,
    timeout: float,
    grey: bool = False,
    without: tuple[Mark, ...] = (),
    heavy: bool = False,
) -> Image.Image:
    """Draw page `index` (from 0) at `dpi`, mode RGB or L (`grey`), leaving out the annotations
    whose boxes are those of `without` (electronic signatures laid over the page); of a `heavy`
    page with its largest pictures smaller.

    Raises DocumentError render_failed or render_timeout, MissingError poppler_missing."""
    require()
    failure = {"path": path, "page": index + 1}
    seconds = max(1, round(timeout))
    try:
        if without or heavy:
            data = _page_without(path, index, {m.box for m in without if m.box})
            images = pdf2image.convert_from_bytes(
                data, dpi=round(dpi), timeout=seconds, grayscale=grey, use_cropbox=True
            )
        else:
            images = pdf2image.convert_from_path(
                path,
                dpi=round(dpi),
                first_page=index + 1,
                last_page=index + 1,
                timeout=seconds,
                grayscale=grey,
                use_cropbox=True,
            )
    except PDFPopplerTimeoutError as e:
        raise DocumentError("render_timeout", **failure, seconds=timeout) from e
    except PDFInfoNotInstalledError as e:
        raise MissingError("poppler_missing") from e
    except Exception as e:  # pdf2image and Pillow raise many kinds on broken output
        raise DocumentError("render_failed", **failure, reason=_first_line(e)) from e
    if not images:
        raise DocumentError("render_failed", **failure, reason="no picture")
    return images[0]


def draw_transparent(path: Path, dpi: float, *, timeout: float) -> Image.Image:
    """The first page of `path`, mode RGBA: what is not painted is transparent.

    Raises DocumentError render_failed or render_timeout, MissingError poppler_missing."""
    require()
    try:
        images = pdf2image.convert_from_path(
            path,
            dpi=round(dpi),
            last_page=1,
            timeout=max(1, round(timeout)),
            use_cropbox=True,
            use_pdftocairo=True,
            transparent=True,
            fmt="png",
        )
    except PDFPopplerTimeoutError as e:
        raise DocumentError("render_timeout", path=path, page=1, seconds=timeout) from e
    except Exception as e:  # pdf2image and Pillow raise many kinds on broken output
        raise DocumentError("render_failed", path=path, page=1, reason=_first_line(e)) from e
    return images[0].convert("RGBA")


def _first_line(error: Exception) -> str:
    lines = [s.strip() for s in str(error).splitlines() if s.strip()]
    return lines[-1] if lines else type(error).__name__


def shown_box(page: pikepdf.Page, rectangle: Sequence[Any]) -> tuple[float, float, float, float]:
    """A rectangle of PDF user space as left, top, right, bottom in points of the page as shown
    (crop box, /Rotate applied)."""
    x0, y0, x1, y1 = (float(v) for v in page.cropbox)
    left, right = sorted((float(rectangle[0]) - x0, float(rectangle[2]) - x0))
    low, high = sorted((float(rectangle[1]) - y0, float(rectangle[3]) - y0))
    width, height = x1 - x0, y1 - y0
    turned = {
        0: (left, height - high, right, height - low),
        90: (low, left, high, right),
        180: (width - right, low, width - left, high),
        270: (height - high, width - right, height - low, width - left),
    }
    return turned[rotation_of(page)]


def rotation_of(page: pikepdf.Page) -> int:
    """The page's /Rotate, inherited too, as 0, 90, 180 or 270."""
    node: pikepdf.Object | None = page.obj
    for _ in range(50):
        if node is None:
            return 0
        if "/Rotate" in node:
            return int(node["/Rotate"]) % 360 // 90 * 90
        node = node.get("/Parent")
    return 0


def rounded(box: tuple[float, float, float, float]) -> Box:
    """A box of points as whole numbers, by which overlays are known again."""
    return (round(box[0]), round(box[1]), round(box[2]), round(box[3]))


def _page_without(path: Path, index: int, boxes: set[Box]) -> bytes:
    """A PDF of one page without the annotations at `boxes` and without pictures too large to be
    drawn; the file itself is not touched."""
    with pikepdf.open(path) as pdf, pikepdf.new() as alone:
        with warnings.catch_warnings():  # forms do not matter to a page that is only drawn
            warnings.simplefilter("ignore")
            alone.pages.append(pdf.pages[index])
        page = alone.pages[0]
        page.obj["/Annots"] = pikepdf.Array(
            a
            for a in page.obj.get("/Annots", pikepdf.Array())
            if rounded(shown_box(page, [*a["/Rect"]])) not in boxes
        )
        lighten(page)
        data = io.BytesIO()
        alone.save(data)
        return data.getvalue()


def layer_pages(path: Path, first: int, last: int, *, timeout: float) -> list[LayerPage]:
    """The text layers of pages `first` to `last` (from 0), with boxes; one run of pdftotext.

    Raises DocumentError render_failed or render_timeout (page 1), MissingError poppler_missing."""
    pages = ["-f", str(first + 1), "-l", str(last + 1)]
    xml = _pdftotext(path, ["-bbox-layout", "-cropbox", *pages], timeout)
    xml = regex.sub(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]", "", xml)
    xml = regex.sub(r"&(?!(amp|lt|gt|quot|apos|#\d+);)", "&amp;", xml)
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError as e:
        raise DocumentError("render_failed", path=path, page=1, reason=f"pdftotext: {e}") from e
    return [_layer_page(p) for p in root.iter("{http://www.w3.org/1999/xhtml}page")]


def _layer_page(page: ElementTree.Element) -> LayerPage:
    space = "{http://www.w3.org/1999/xhtml}"
    words = [
        LayerWord(
            word.text or "",
            float(word.get("xMin", 0)),
            float(word.get("yMin", 0)),
            float(word.get("xMax", 0)),
            float(word.get("yMax", 0)),
            n,
        )
        for n, line in enumerate(page.iter(f"{space}line"))
        for word in line.iter(f"{space}word")
    ]
    return LayerPage(float(page.get("width", 0)), float(page.get("height", 0)), tuple(words))


def _pdftotext(path: Path, options: list[str], timeout: float) -> str:
    require()
    command = ["pdftotext", "-q", "-enc", "UTF-8", *options, "--", str(path.absolute()), "-"]
    with _Group(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        try:
            out, err = child.communicate(timeout=timeout)
        except subprocess.TimeoutExpired as e:
            child.kill()
            raise DocumentError("render_timeout", path=path, page=1, seconds=timeout) from e
    if child.returncode:
        reason = err.decode("utf-8", "replace").strip() or f"pdftotext: exit {child.returncode}"
        raise DocumentError("render_failed", path=path, page=1, reason=reason)
    return out.decode("utf-8", "replace")
