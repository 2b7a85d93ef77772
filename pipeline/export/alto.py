"""ALTO 4.4 of a page: text, places, confidence, and what each word was before its correction.

In: a `Holding`. Out: one XML file a page (https://www.loc.gov/standards/alto). Places are pixels of
the page upright and as scanned, at the resolution it was read at. `CONTENT` is the corrected word;
an `ALTERNATIVE` with PURPOSE "ocr" is what was read, with "doubt" what a doubtful word may be
besides; `CS` tells that a person confirmed it.
"""

from __future__ import annotations

from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from pipeline.document import Box
from pipeline.export.blocks import Block, blocks
from pipeline.export.characters import plain
from pipeline.export.geometry import Placement
from pipeline.export.holding import Holding, PlacedLine
from pipeline.export.words import PlacedWord
from pipeline.record import Page, Record, Step

NAMESPACE = "http://www.loc.gov/standards/alto/ns-v4#"
_SCHEMA = f"{NAMESPACE} https://www.loc.gov/standards/alto/v4/alto-4-4.xsd"
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_CATEGORIES = {"ocr": "contentGeneration", "restore": "contentModification"}


def alto_pages(holding: Holding) -> dict[int, bytes]:
    """ALTO of each page of the letter, by page number; of pages that were read from an image."""
    return {
        page.number: _page(holding.record, page, lines)
        for page, lines in zip(holding.record.pages, holding.lines, strict=True)
        if page.width and page.height
    }


def _page(record: Record, page: Page, lines: tuple[PlacedLine, ...]) -> bytes:
    root = Element("alto", {"xmlns": NAMESPACE, "SCHEMAVERSION": "4.4"})
    root.set(f"{_XSI}schemaLocation", _SCHEMA)
    _description(SubElement(root, "Description"), record)
    zones = sorted({block.zone for block in blocks(lines)})
    if zones:
        tags = SubElement(root, "Tags")
        for zone in zones:
            SubElement(tags, "LayoutTag", {"ID": f"zone_{zone}", "LABEL": zone})
    sheet = SubElement(SubElement(root, "Layout"), "Page")
    name = f"p{page.number}"
    sheet.attrib.update(
        ID=name,
        PHYSICAL_IMG_NR=str(page.number),
        WIDTH=str(page.width),
        HEIGHT=str(page.height),
        LANG="vi",
        PC=f"{page.confidence:.3f}",
    )
    space = SubElement(sheet, "PrintSpace", _where((0, 0, page.width, page.height)))
    place = Placement(page, page.width, page.height)
    for number, block in enumerate(blocks(lines), start=1):
        _block(space, block, f"{name}_b{number}", place)
    ElementTree.indent(root, " ")
    text: bytes = ElementTree.tostring(root, "utf-8", xml_declaration=True)
    return text + b"\n"


def _description(description: Element, record: Record) -> None:
    SubElement(description, "MeasurementUnit").text = "pixel"
    image = SubElement(description, "sourceImageInformation")
    SubElement(image, "fileName").text = plain(record.source.path)
    SubElement(
        image, "fileIdentifier", {"fileIdentifierLocation": "sha256"}
    ).text = record.source.sha256
    SubElement(image, "documentIdentifier").text = record.document_id
    for number, step in enumerate(record.processing, start=1):
        _step(description, number, step)


def _step(description: Element, number: int, step: Step) -> None:
    made = SubElement(description, "Processing", {"ID": f"step{number}"})
    category = _CATEGORIES.get(step.step, "other")
    SubElement(made, "processingCategory").text = category
    SubElement(made, "processingStepDescription").text = step.step
    settings = " ".join(f"{k}={v}" for k, v in step.settings.items())
    if settings:
        SubElement(made, "processingStepSettings").text = plain(settings)
    software = SubElement(made, "processingSoftware")
    SubElement(software, "softwareName").text = plain(step.tool)
    SubElement(software, "softwareVersion").text = plain(step.version)


def _block(space: Element, block: Block, name: str, place: Placement) -> None:
    element = SubElement(space, "TextBlock", {"ID": name, **_where(_scanned(block.box, place))})
    element.set("TAGREFS", f"zone_{block.zone}")
    for number, line in enumerate(block.lines, start=1):
        if line.box:
            row = SubElement(
                element,
                "TextLine",
                {"ID": f"{name}_l{number}", **_where(_scanned(line.box, place))},
            )
            _line(row, line, place)


def _line(row: Element, line: PlacedLine, place: Placement) -> None:
    previous: Box | None = None
    for word in line.words:
        box = _scanned(word.box, place)
        if previous:
            gap = (previous[2], box[1], max(previous[2], box[0]), box[3])
            SubElement(row, "SP", {k: v for k, v in _where(gap).items() if k != "HEIGHT"})
        _string(row, word, box)
        previous = box


def _string(row: Element, word: PlacedWord, box: Box) -> None:
    string = SubElement(row, "String", {"CONTENT": plain(word.text), **_where(box)})
    string.set("WC", f"{word.confidence:.3f}")
    if any(c.source == "person" for c in word.corrections):
        string.set("CS", "true")
    if word.raw != word.text:
        SubElement(string, "ALTERNATIVE", {"PURPOSE": "ocr"}).text = plain(word.raw)
    for other in word.readings:
        SubElement(string, "ALTERNATIVE", {"PURPOSE": "doubt"}).text = plain(other)


def _scanned(box: Box, place: Placement) -> Box:
    """The box on the page as scanned, upright but not straightened."""
    (left, low), (right, high) = place.outline(box)
    return (round(left), round(place.height - high), round(right), round(place.height - low))


def _where(box: Box) -> dict[str, str]:
    left, top, right, bottom = box
    return {
        "HPOS": str(left),
        "VPOS": str(top),
        "WIDTH": str(right - left),
        "HEIGHT": str(bottom - top),
    }
