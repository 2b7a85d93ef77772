"""Pages of the original as pages of a PDF/A: the scan as it is, nothing else.

In: a page of a `Source` and an open PDF to add it to. Out: the new page. Pictures are taken over
byte for byte; only a page that shows more than pictures (typeset text, drawings, colours for
printing) is drawn anew. What annotations show, an electronic signature for instance, becomes part
of the picture, since PDF/A-2 would ask for fonts that such appearances seldom embed.
"""

from __future__ import annotations

import io
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

import img2pdf
import pikepdf
from pikepdf import Array, Dictionary, Name
from PIL import Image, ImageChops, ImageOps

from pipeline import poppler
from pipeline.document import PageKind, PageSource
from pipeline.errors import DocumentError
from pipeline.export.pictures import Painted, clean, painted_pictures
from pipeline.settings import Settings

DRAWN_DPI = 200
"""TT 05/2025/TT-BNV asks for 200 dpi for administrative documents."""
JPEG_QUALITY = 85
_OVERLAY_DPI = 200
_HIDDEN = 0b100010  # annotation flags Hidden and NoView (ISO 32000-1, 12.5.3)


def add_page(pdf: pikepdf.Pdf, page: PageSource, settings: Settings) -> pikepdf.Page:
    """Append `page` to `pdf` and return it as it stands there.

    Raises DocumentError render_failed, render_timeout or image_damaged."""
    if page.kind is PageKind.PDF:
        return _from_pdf(pdf, page, settings)
    return _append(pdf, _image_as_pdf(page), 0)


def _from_pdf(pdf: pikepdf.Pdf, page: PageSource, settings: Settings) -> pikepdf.Page:
    try:
        with pikepdf.open(page.path) as original:
            old = original.pages[page.index]
            pictures = painted_pictures(old)
            if pictures is not None:
                new = _repainted(pdf, old, pictures)
                for overlay in _annotations(page, old, settings):
                    _lay_over(pdf, new, *overlay)
                return new
    except pikepdf.PdfError as error:
        raise DocumentError(
            "render_failed", path=page.path, page=page.index + 1, reason=str(error)
        ) from error
    return _append(pdf, _drawn(page, settings), 0)


def _append(pdf: pikepdf.Pdf, data: bytes, index: int) -> pikepdf.Page:
    with pikepdf.open(io.BytesIO(data)) as made:
        pdf.pages.append(made.pages[index])
    return pdf.pages[-1]


# --- a page of pictures ------------------------------------------------------------------------


def _repainted(pdf: pikepdf.Pdf, old: pikepdf.Page, pictures: Sequence[Painted]) -> pikepdf.Page:
    """A page with the pictures of `old` alone, at their places, in their order."""
    page = pdf.add_blank_page(page_size=(100, 100))
    page.mediabox = Array([float(v) for v in old.cropbox])
    turn = poppler.rotation_of(old)
    if turn:
        page.obj["/Rotate"] = turn
    images = Dictionary()
    content: list[str] = []
    copies: dict[tuple[int, int], pikepdf.Object] = {}
    for number, picture in enumerate(pictures):
        key = picture.image.objgen
        if key not in copies or key == (0, 0):
            copies[key] = pdf.copy_foreign(picture.image)
            clean(copies[key])  # type: ignore[arg-type]
        images[f"/Im{number}"] = copies[key]
        numbers = " ".join(f"{v:.6f}" for v in picture.matrix.shorthand)
        ink = " ".join(f"{v:.4f}" for v in picture.ink)
        colour = f"{ink} {'rg' if len(picture.ink) == 3 else 'g'} "
        content.append(f"q {colour}{numbers} cm /Im{number} Do Q")
    page.obj["/Resources"] = Dictionary(XObject=images)
    page.obj["/Contents"] = pdf.make_stream("\n".join(content).encode("ascii"))
    return page


def _annotations(
    page: PageSource, old: pikepdf.Page, settings: Settings
) -> list[tuple[Image.Image, tuple[float, float, float, float]]]:
    """What the annotations of `old` show: pictures with transparency and their rectangles in the
    page's own points."""
    shown = [a for a in old.obj.get("/Annots", Array()) if _is_seen(a)]
    if not shown:
        return []
    layer = _without_content(page, settings)
    box = [float(v) for v in old.cropbox]
    overlays: list[tuple[Image.Image, tuple[float, float, float, float]]] = []
    for annotation in shown:
        left, top, right, bottom = poppler.shown_box(old, [*annotation["/Rect"]])
        scale = _OVERLAY_DPI / 72
        part = layer.crop(
            (int(left * scale), int(top * scale), int(right * scale) + 1, int(bottom * scale) + 1)
        )
        if part.getchannel("A").getbbox() is None:
            continue
        turned = part.rotate(poppler.rotation_of(old), expand=True)
        x0, x1 = sorted(float(annotation["/Rect"][i]) for i in (0, 2))
        y0, y1 = sorted(float(annotation["/Rect"][i]) for i in (1, 3))
        overlays.append((turned, (x0, y0, min(x1, box[2]), min(y1, box[3]))))
    return overlays


def _is_seen(annotation: pikepdf.Object) -> bool:
    return (
        "/AP" in annotation
        and not int(annotation.get("/F", 0)) & _HIDDEN
        and annotation.get("/Subtype") not in (Name.Link, Name.Popup)
    )


def _without_content(page: PageSource, settings: Settings) -> Image.Image:
    """The page's annotations alone, drawn on nothing."""
    with pikepdf.open(page.path) as pdf, pikepdf.new() as alone, tempfile.TemporaryDirectory() as t:
        bare = Path(t) / "page.pdf"
        with warnings.catch_warnings():  # forms do not matter to a page that is only drawn
            warnings.simplefilter("ignore")
            alone.pages.append(pdf.pages[page.index])
            alone.pages[0].obj["/Contents"] = alone.make_stream(b"")
            alone.save(bare)
        return poppler.draw_transparent(bare, _OVERLAY_DPI, timeout=settings.page_timeout)


def _lay_over(
    pdf: pikepdf.Pdf,
    page: pikepdf.Page,
    picture: Image.Image,
    rectangle: tuple[float, float, float, float],
) -> None:
    colours, mask = picture.convert("RGB"), picture.getchannel("A")
    soft = pdf.make_stream(mask.tobytes())
    image = pdf.make_stream(colours.tobytes())
    for stream, space in ((soft, Name.DeviceGray), (image, Name.DeviceRGB)):
        stream.stream_dict = Dictionary(
            Type=Name.XObject,
            Subtype=Name.Image,
            Width=picture.width,
            Height=picture.height,
            ColorSpace=space,
            BitsPerComponent=8,
        )
    image.SMask = pdf.make_indirect(soft)
    name = page.add_resource(pdf.make_indirect(image), Name.XObject)
    x0, y0, x1, y1 = rectangle
    page.contents_add(
        f"q {x1 - x0:.4f} 0 0 {y1 - y0:.4f} {x0:.4f} {y0:.4f} cm {name} Do Q".encode("ascii")
    )


# --- pages that are drawn anew, and image files -----------------------------------------------


def _drawn(page: PageSource, settings: Settings) -> bytes:
    dpi = max(DRAWN_DPI, round(min(page.dpi or 0, 300)))
    image = poppler.render_page(page.path, page.index, dpi, timeout=settings.page_timeout)
    return _pdf_of(_encoded(image, dpi), dpi)


def _image_as_pdf(page: PageSource) -> bytes:
    """An image file's page as a PDF of one page, its data as they are where PDF/A takes them."""
    dpi = page.dpi or 300.0
    try:
        with Image.open(page.path) as image:
            taken = image.format in ("JPEG", "PNG", "TIFF") and image.mode in ("1", "L", "RGB")
            single = getattr(image, "n_frames", 1) == 1
            if taken and single:
                return _pdf_of(page.path.read_bytes(), dpi)
            image.seek(page.index)
            upright = ImageOps.exif_transpose(image) or image
            return _pdf_of(_encoded(_plain(upright), dpi), dpi)
    except DocumentError:
        raise
    except Exception as error:  # codecs raise many kinds on damaged data
        reason = str(error).strip() or type(error).__name__
        raise DocumentError("image_damaged", path=page.path, reason=reason) from error


def _plain(image: Image.Image) -> Image.Image:
    if image.mode in ("1", "L", "RGB"):
        return image.copy()
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, image).convert("RGB")
    return image.convert("RGB")


def _encoded(image: Image.Image, dpi: float) -> bytes:
    """Fax code (CCITT G4) for pictures of two tones, else JPEG."""
    data = io.BytesIO()
    if image.mode == "1":
        image.save(data, "TIFF", compression="group4", dpi=(dpi, dpi))
    else:
        grey = image.mode == "L" or _is_grey(image)
        (image.convert("L") if grey else image).save(data, "JPEG", quality=JPEG_QUALITY)
    return data.getvalue()


def _is_grey(image: Image.Image) -> bool:
    small = image.resize((max(1, image.width // 8), max(1, image.height // 8)))
    red, green, blue = small.split()
    differences = (ImageChops.difference(red, green), ImageChops.difference(green, blue))
    return all(d.getextrema()[1] <= 12 for d in differences)  # type: ignore[operator]


def _pdf_of(data: bytes, dpi: float) -> bytes:
    layout = img2pdf.get_fixed_dpi_layout_fun((dpi, dpi))
    made = img2pdf.convert(data, layout_fun=layout, rotation=img2pdf.Rotation.ifvalid)
    return bytes(made)
