"""Every choice that shapes the output, with its default, in one place."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

VERSION = "0.1.0"


class Settings(BaseModel):
    """Settings of one run. Everything here can change what is written; how many workers run, and
    where, cannot, and is not here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ocr_model: str = Field("vie", description="Tesseract model that reads the pages")
    number_model: str = Field(
        "eng", description="Tesseract model that reads doubtful numbers once more; empty: none"
    )
    render_dpi: int = Field(300, ge=70, le=600, description="dpi for PDF pages of unknown scan")
    max_pixels: int = Field(30_000_000, description="a page larger than this is read smaller")
    page_timeout: float = Field(120.0, gt=0, description="seconds for one outside program and page")
    group: Literal["none", "folder"] = Field(
        "none", description="folder: the page images of one folder are one document"
    )
    split: Literal["auto", "never"] = Field(
        "auto", description="auto: a file of several letters becomes a record for each"
    )
    restore_model: Literal["auto", "eng", "vie", "none"] = Field(
        "auto", description="channel model of the damage; none leaves the text as read"
    )
    dictionaries: tuple[Path, ...] = Field((), description="extra word lists (TSV) of the archive")
    language_model: Path | None = Field(None, description="what `congvan train` wrote, in use")
    learned: Path | None = Field(None, description="folder that `congvan learn` wrote, in use")

    def digest(self) -> str:
        """A short hash of all settings and the program version: equal digests, equal outputs."""
        text = VERSION + self.model_dump_json()
        return hashlib.sha256(text.encode()).hexdigest()[:16]
