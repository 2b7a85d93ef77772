"""The README's picture, a page beside its record: `python -m samples.picture RECORD.json OUT.png`.

Long texts of the record are cut short; what is shown is otherwise what stands in the file.
"""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import regex
from PIL import Image, ImageDraw, ImageFont

from pipeline import poppler

HEIGHT = 1060
TYPE_SIZE = 15
LINE_HEIGHT = 21
COLUMNS = 84
LONGEST_TEXT = 64
KEYS, WORDS, PAPER, FRAME = "#0b5394", "#1a1a1a", "#f7f7f5", "#b0b0b0"
FONT = "/usr/share/fonts/truetype/liberation2/LiberationMono-Regular.ttf"


def main() -> None:
    """Draw the picture from a record and the scan it names."""
    record, out = (Path(argument) for argument in sys.argv[1:3])
    data = json.loads(record.read_text(encoding="utf-8"))
    picture(data, Path(data["source"]["path"])).save(out, optimize=True)


def picture(record: dict[str, Any], scan: Path) -> Image.Image:
    """The first page of a scanned PDF at the left, an excerpt of its record at the right."""
    page = poppler.render_page(scan, 0, 150, timeout=60).convert("RGB")
    page = page.resize((round(page.width * HEIGHT / page.height), HEIGHT), Image.Resampling.LANCZOS)
    font = ImageFont.truetype(FONT, TYPE_SIZE)
    text_width = round(font.getlength("m") * COLUMNS) + 48
    sheet = Image.new("RGB", (page.width + text_width + 24, HEIGHT + 16), PAPER)
    sheet.paste(page, (8, 8))
    draw = ImageDraw.Draw(sheet)
    draw.rectangle((7, 7, page.width + 8, HEIGHT + 8), outline=FRAME)
    left, top = page.width + 36, 16
    for line in _lines(_excerpt(record)):
        key, rest = _split(line)
        draw.text((left, top), key, fill=KEYS, font=font)
        draw.text((left + font.getlength(key), top), rest, fill=WORDS, font=font)
        top += LINE_HEIGHT
        if top > HEIGHT - LINE_HEIGHT:
            break
    return sheet.quantize(128)


def _split(line: str) -> tuple[str, str]:
    """A line of JSON as its key, if it has one, and the rest."""
    match = regex.match(r'\s*"\w+": ', line)
    at = match.end() if match else 0
    return line[:at], line[at:]


def _excerpt(record: dict[str, Any]) -> dict[str, Any]:
    names = ("document_id", "status", "family", "header", "recipients", "directives", "citations")
    chosen = {name: record[name] for name in names}
    chosen["header"] = {k: v for k, v in record["header"].items() if v is not None}
    chosen["directives"] = [
        {k: d[k] for k in ("marker", "text", "actors", "deadline")} for d in record["directives"]
    ]
    chosen["corrections"] = [
        {k: c[k] for k in ("page", "line", "before", "after", "score")}
        for c in record["corrections"][:2]
    ]
    return chosen


def _lines(data: dict[str, Any]) -> Iterator[str]:
    text = json.dumps(_shortened(data), ensure_ascii=False, indent=1)
    for line in text.splitlines():
        yield from textwrap.wrap(line, COLUMNS, drop_whitespace=False) or [""]


def _shortened(value: Any) -> Any:
    if isinstance(value, str):
        first = value.partition("\n")[0]
        return value if len(value) <= LONGEST_TEXT else f"{first[:LONGEST_TEXT].rstrip()} …"
    if isinstance(value, list):
        return [_shortened(item) for item in value]
    if isinstance(value, dict):
        return {key: _shortened(item) for key, item in value.items()}
    return value


if __name__ == "__main__":
    main()
