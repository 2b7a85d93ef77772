"""PDF pages with a text layer, for tests: lines of text at given places, and a picture below."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name
from PIL import Image

Line = tuple[float, float, str]
"""Left edge and baseline in points from the top left corner, and the text."""

SIZE = 13
WIDTH, HEIGHT = 595, 842


def write_text_pdf(
    path: Path,
    lines: Sequence[Line],
    picture: Image.Image | None = None,
    font: str = "TimesNewRoman",
) -> Path:
    """One A4 page whose `lines` can be copied; they are drawn by nothing but `picture`."""
    pdf = pikepdf.new()
    resources = Dictionary(Font=Dictionary(F0=_font(pdf, font)))
    content = ""
    if picture is not None:
        resources.XObject = Dictionary(Im0=_picture(pdf, picture))
        content = f"q {WIDTH} 0 0 {HEIGHT} 0 0 cm /Im0 Do Q\n"
    for left, down, text in lines:
        codes = text.encode("utf-16-be").hex()
        content += f"BT 3 Tr /F0 {SIZE} Tf {left} {HEIGHT - down} Td <{codes}> Tj ET\n"
    page = Dictionary(
        Type=Name.Page,
        MediaBox=Array([0, 0, WIDTH, HEIGHT]),
        Resources=resources,
        Contents=pdf.make_stream(content.encode("ascii")),
    )
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
    pdf.save(path)
    return path


def _font(pdf: pikepdf.Pdf, name: str) -> Dictionary:
    ranges = [f"<{high:02X}00> <{high:02X}FF> <{high:02X}00>" for high in range(0xD8)]
    parts = [ranges[n : n + 100] for n in range(0, len(ranges), 100)]
    body = "".join(
        f"{len(part)} beginbfrange\n" + "\n".join(part) + "\nendbfrange\n" for part in parts
    )
    names = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /U def\n"
        "/CMapType 2 def 1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
        f"{body}endcmap CMapName currentdict /CMap defineresource pop end end"
    )
    base = Name("/" + name)
    inner = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=base,
        CIDSystemInfo=Dictionary(Registry=b"Adobe", Ordering=b"Identity", Supplement=0),
        DW=500,
        FontDescriptor=Dictionary(
            Type=Name.FontDescriptor,
            FontName=base,
            Flags=4,
            Ascent=800,
            Descent=-200,
            CapHeight=700,
            ItalicAngle=0,
            StemV=80,
            FontBBox=Array([0, -200, 1000, 800]),
        ),
    )
    return Dictionary(
        Type=Name.Font,
        Subtype=Name.Type0,
        BaseFont=base,
        Encoding=Name("/Identity-H"),
        DescendantFonts=Array([pdf.make_indirect(inner)]),
        ToUnicode=pdf.make_stream(names.encode("ascii")),
    )


def _picture(pdf: pikepdf.Pdf, image: Image.Image) -> pikepdf.Object:
    buffer = BytesIO()
    image.convert("L").save(buffer, "JPEG", quality=85)
    stream = pdf.make_stream(buffer.getvalue())
    stream.Type, stream.Subtype = Name.XObject, Name.Image
    stream.Width, stream.Height = image.size
    stream.ColorSpace, stream.BitsPerComponent = Name.DeviceGray, 8
    stream.Filter = Name.DCTDecode
    return stream
