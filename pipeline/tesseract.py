"""The only place that runs Tesseract: a clean page to words with boxes and confidences.

In: a `PageImage`. Out: an `OcrPage` in the engine's own order. Whatever the program does (hang,
crash, write nonsense) comes back as a DocumentError; a missing program or model as MissingError.
"""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import time
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytesseract
import regex
from PIL import Image

from pipeline import ink
from pipeline.document import Box, OcrPage, Operation, PageImage, Retake, Word
from pipeline.errors import DocumentError, MissingError
from pipeline.figures import LARGER, doubtful_figures, with_figures, with_signs
from pipeline.layout.frames import tables
from pipeline.number_readings import doubtful_numbers, with_numbers
from pipeline.second_look import is_doubtful, with_second_look
from pipeline.settings import Settings
from pipeline.sheet import lay_out, stacked
from pipeline.textlayer import is_legal_syllable
from pipeline.unread import unread, with_lines

PAGE_SEGMENTATION = 3
BLACK_ON_WHITE = "-c invert_threshold=0.0"  # no second look at lines as if white on black


def version() -> str | None:
    """Version of the installed Tesseract, None where it is missing."""
    found = regex.search(r"tesseract v?(\S+)", _asked("--version") or "")
    return found[1] if found else None


@cache
def _version_once() -> str:
    return version() or "?"


@cache
def _has_model(model: str) -> bool:
    return model in installed_models()


def installed_models() -> frozenset[str]:
    """Names of the language models Tesseract finds; empty where it is missing."""
    lines = (_asked("--list-langs") or "").splitlines()
    return frozenset(s.strip() for s in lines[1:] if s.strip())


def _asked(option: str) -> str | None:
    try:
        done = subprocess.run(
            [pytesseract.pytesseract.tesseract_cmd, option],
            capture_output=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return (done.stdout + done.stderr).decode("utf-8", "replace") if done.returncode == 0 else None


def require(model: str) -> None:
    """Raise MissingError tesseract_missing or model_missing unless `model` can be used."""
    if version() is None:
        raise MissingError("tesseract_missing")
    missing = set(model.split("+")) - installed_models()
    if missing:
        raise MissingError("model_missing", model="+".join(sorted(missing)))


def read_words(page: PageImage, path: Path, settings: Settings) -> OcrPage:
    """Read a whole page once with the model of `settings`; a blank page is not read at all.

    Raises DocumentError ocr_timeout or ocr_failed, MissingError where Tesseract is missing."""
    start = time.perf_counter()
    blank = ink.is_blank(page.image, page.dpi)
    words: tuple[Word, ...] = ()
    if not blank:
        words = tuple(_read(page.image, page, path, settings))
    operation = Operation(
        "ocr",
        "tesseract",
        _version_once(),
        {
            "model": settings.ocr_model,
            "number_model": _number_model(settings),
            "psm": PAGE_SEGMENTATION,
            "dpi": page.dpi,
            "blank": blank,
        },
        round(time.perf_counter() - start, 4),
    )
    width, height = page.image.size
    return OcrPage(page.number, width, height, page.dpi, settings.ocr_model, words, (operation,))


def _read(image: Image.Image, page: PageImage, path: Path, settings: Settings) -> list[Word]:
    failure = {"path": path, "page": page.number}
    grids = [table.cells for table in tables(page)]
    sheet = lay_out(image, page.dpi, grids)
    try:
        data = run(
            sheet.image,
            settings.ocr_model,
            page.dpi,
            PAGE_SEGMENTATION,
            settings.page_timeout,
            BLACK_ON_WHITE,
        )
        words = [sheet.placed_back(word) for word in words_of(data)]
        return _second_look(page, words, [c for grid in grids for c in grid], settings)
    except pytesseract.TesseractNotFoundError as e:
        raise MissingError("tesseract_missing") from e
    except pytesseract.TesseractError as e:
        if "Error opening data file" in str(e.message):
            raise MissingError("model_missing", model=settings.ocr_model) from e
        reason = _killed(e.status) or str(e.message)[-200:] or f"exit {e.status}"
        raise DocumentError("ocr_failed", **failure, reason=reason) from e
    except RuntimeError as e:
        if "timeout" not in str(e):
            raise DocumentError("ocr_failed", **failure, reason=str(e)) from e
        raise DocumentError("ocr_timeout", **failure, seconds=settings.page_timeout) from e
    except (ValueError, KeyError, TypeError, UnicodeDecodeError, OSError) as e:
        if isinstance(e, OSError) and e.errno in (errno.ENOSPC, errno.EDQUOT):
            raise  # a full disk is no fault of the page
        raise DocumentError("ocr_failed", **failure, reason=f"bad output: {e}") from e


def _second_look(
    page: PageImage, words: list[Word], cells: Sequence[Box], settings: Settings
) -> list[Word]:
    """The words of the page: of doubtful lines below seals the best words of several readings,
    those of lines that were passed over, or printed in red, and figures in cells read larger."""
    doubtful = [retake for retake in page.retakes if is_doubtful(words, retake)]
    missed = unread(page.image, page.dpi, words, cells)
    missed = [m for m in missed if not any(_overlap(m.box, r.box) for r in page.retakes)]
    missed += page.apart
    if doubtful or missed:
        again = _read_again([*doubtful, *missed], page, settings)
        covered, passed = again[: len(doubtful)], again[len(doubtful) :]
        lines = [(r.box, list(v.values())) for r, v in zip(doubtful, covered, strict=True)]
        words = with_second_look(words, lines)
        found = [(m.box, v.get(0, [])) for m, v in zip(missed, passed, strict=True)]
        words = with_lines(words, found, cells)
    # Apart from the others: larger print among them would change how they are read.
    if figures := doubtful_figures(page.image, page.dpi, words, cells):
        larger = _read_again(figures, page, settings, LARGER)
        read = [(f.box, v.get(0, [])) for f, v in zip(figures, larger, strict=True)]
        words = with_figures(words, read)
    return _numbers_again(page, with_signs(words, cells), settings)


def _numbers_again(page: PageImage, words: list[Word], settings: Settings) -> list[Word]:
    """The words of the page, doubtful numbers as the better of two models reads them."""
    model = _number_model(settings)
    asked = doubtful_numbers(page.image, page.dpi, words) if model else []
    if not model or not asked:
        return words
    again = _read_again([one.picture for one in asked], page, settings, model=model)
    return with_numbers(words, asked, [versions.get(0, []) for versions in again])


def _number_model(settings: Settings) -> str | None:
    """The model that reads doubtful numbers again, None where it is the page's or missing."""
    model = settings.number_model
    return model if model not in ("", settings.ocr_model) and _has_model(model) else None


def _read_again(
    retakes: Sequence[Retake],
    page: PageImage,
    settings: Settings,
    enlarged: float = 1.0,
    model: str = "",
) -> list[dict[int, list[Word]]]:
    """The words of each line by picture of it, boxes on the page; one run for all. Pictures may be
    `enlarged`: boxes then tell only which line a word is of. `model`: another than the page's."""
    sheet = stacked(retakes, page.dpi * enlarged)
    model = model or settings.ocr_model
    data = run(sheet.image, model, page.dpi, 6, settings.page_timeout, BLACK_ON_WHITE)
    again: list[dict[int, list[Word]]] = [{} for _ in retakes]
    for word in words_of(data):
        piece = sheet.piece_of(word)
        again[piece.retake].setdefault(piece.version, []).append(sheet.placed_back(word))
    return again


def _overlap(a: Box, b: Box) -> bool:
    return min(a[2], b[2]) > max(a[0], b[0]) and min(a[3], b[3]) > max(a[1], b[1])


def _killed(status: int) -> str | None:
    return f"killed by signal {-status}" if status < 0 else None


def readable(part: Image.Image, dpi: int, settings: Settings) -> float:
    """How many letters of `part` read surely as Vietnamese syllables; 0 where nothing does or the
    program fails: it is only asked which way up a page is."""
    try:
        tsv = run(part, settings.ocr_model, dpi, 6, settings.page_timeout)
        words = [w for w in words_of(tsv) if w.confidence > 0.6 and len(w.text) > 1]
    except (RuntimeError, OSError, ValueError):
        return 0.0
    return sum(len(w.text) * w.confidence for w in words if is_legal_syllable(w.text))


def read_stamp(part: Image.Image, dpi: int, settings: Settings) -> tuple[str, float]:
    """Words of the inside of a stamp and their mean confidence; empty where none are read."""
    return _short_read(part, dpi, 6, settings)


def read_line(part: Image.Image, dpi: int, settings: Settings) -> tuple[str, float]:
    """Words of a picture of one line and their mean confidence; empty where none are read."""
    return _short_read(part, dpi, 7, settings)


def _short_read(
    part: Image.Image, dpi: int, segmentation: int, settings: Settings
) -> tuple[str, float]:
    try:
        tsv = run(part, settings.ocr_model, dpi, segmentation, settings.page_timeout)
        words = list(words_of(tsv))
    except (RuntimeError, OSError, ValueError):
        return "", 0.0
    mean = sum(w.confidence for w in words) / len(words) if words else 0.0
    return " ".join(w.text for w in words), round(mean, 3)


def run(
    image: Image.Image, model: str, dpi: int, segmentation: int, timeout: float, options: str = ""
) -> str:
    """Run Tesseract on `image`; its TSV. Raises what pytesseract raises."""
    plain = image.copy()
    # pytesseract would squeeze the page into a PNG, and PPM is read byte by byte: 0.5 and 0.08 s.
    plain.format = "TIFF"
    with _one_thread():
        text = pytesseract.image_to_data(
            plain,
            lang=model,
            config=f"--dpi {dpi} --psm {segmentation} {options}",
            timeout=timeout,
        )
    return str(text)


def _arguments_of_a_group(include_stdout: bool = True) -> dict[str, Any]:
    return {**_plain_arguments(include_stdout), "start_new_session": True}


def _kill_group(process: subprocess.Popen[bytes], code: int) -> None:
    """Kill Tesseract and whatever it or a wrapper script of that name started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(5)
    process.returncode = code


# pytesseract starts its child in our process group and on a timeout kills that child alone; there
# is no option for either.
_plain_arguments = pytesseract.pytesseract.subprocess_args
pytesseract.pytesseract.subprocess_args = _arguments_of_a_group
pytesseract.pytesseract.kill = _kill_group


@contextmanager
def _one_thread() -> Iterator[None]:
    """OMP_THREAD_LIMIT=1: several threads in one Tesseract cost more than they win."""
    before = os.environ.get("OMP_THREAD_LIMIT")
    os.environ["OMP_THREAD_LIMIT"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["OMP_THREAD_LIMIT"]
        else:
            os.environ["OMP_THREAD_LIMIT"] = before


def words_of(tsv: str) -> Iterator[Word]:
    """The words of Tesseract's TSV, text in NFC. Raises ValueError where the table is none."""
    lines = tsv.splitlines()
    if not lines or not lines[0].startswith("level\t"):
        raise ValueError("no table")
    for row in lines[1:]:
        cells = row.split("\t")
        if len(cells) < 12 or cells[0] != "5":
            continue
        text = unicodedata.normalize("NFC", "".join(cells[11:])).strip()
        if not text:
            continue
        left, top, width, height = (int(c) for c in cells[6:10])
        yield Word(
            text,
            (left, top, left + width, top + height),
            min(1.0, max(0.0, float(cells[10]) / 100)),
            int(cells[2]),
            int(cells[3]),
            int(cells[4]),
        )
