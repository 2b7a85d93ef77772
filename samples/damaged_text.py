"""The text layer an English OCR model leaves of Vietnamese pages."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence

import pytesseract
from PIL import Image


def ocr_text(pages: Sequence[Image.Image], dpi: int) -> str:
    """What Tesseract's `eng` reads, page by page; a form feed stands between pages.

    Raises pytesseract.TesseractNotFoundError where the program is missing."""
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")
    texts = (
        pytesseract.image_to_string(page, lang="eng", config=f"--psm 3 --dpi {dpi}", timeout=120)
        for page in pages
    )
    return "\f".join(unicodedata.normalize("NFC", text).strip("\n\f ") + "\n" for text in texts)
