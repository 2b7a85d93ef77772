"""What is this file? Says, before any work, what each page of a document is.

In: a `Candidate`. Out: its `Source`: pages, their native resolution, their text layers and the
electronic signatures laid over them. Nothing is written.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import regex

from pipeline.document import PageKind, PageSource, Source
from pipeline.errors import DocumentError
from pipeline.image_pages import image_pages
from pipeline.pdf_pages import pdf_pages
from pipeline.settings import Settings
from pipeline.textlayer import classify

CHUNK = 1 << 20

Kind = Literal["pdf", "png", "jpeg", "tiff", "text"]
MEDIA_TYPES: dict[Kind, str] = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "tiff": "image/tiff",
    "text": "text/plain",
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """What may be a document: one file, or the page images of one folder in page order."""

    path: Path
    files: tuple[Path, ...]


def read_source(candidate: Candidate, settings: Settings) -> Source:
    """Say what the files of `candidate` are, without changing them.

    Raises DocumentError: file_missing, file_unreadable, file_empty, not_a_document,
    pdf_encrypted, pdf_damaged, no_pages, image_damaged, image_too_large."""
    hashes: list[str] = []
    kinds: list[Kind] = []
    size = 0
    signed = False
    pages: list[PageSource] = []
    for file in candidate.files:
        digest, length, has_signature = _hash(file)
        kind = _kind(file)
        found = _pages(kind, file, settings)
        pages += [_numbered(p, len(pages) + n) for n, p in enumerate(found, 1)]
        hashes.append(digest)
        kinds.append(kind)
        size += length
        signed = signed or (kind == "pdf" and has_signature)
    if not pages:
        raise DocumentError("no_pages", path=candidate.path)
    return Source(
        path=candidate.path,
        files=candidate.files,
        sha256=hashes[0] if len(hashes) == 1 else group_digest(hashes),
        bytes=size,
        media_type=MEDIA_TYPES[kinds[0]],
        signed=signed,
        pages=tuple(pages),
    )


def group_digest(hashes: list[str]) -> str:
    """The hash of a group of files: over their hex hashes, one a line, in page order."""
    return hashlib.sha256("\n".join(hashes).encode("ascii")).hexdigest()


def _pages(kind: Kind, file: Path, settings: Settings) -> list[PageSource]:
    if kind == "pdf":
        return pdf_pages(file, settings)
    return text_pages(file) if kind == "text" else image_pages(file)


def reason_of(error: OSError) -> str:
    """Why the system refused, in a few words."""
    return error.strerror or type(error).__name__


def _numbered(page: PageSource, number: int) -> PageSource:
    return replace(page, number=number)


def _hash(path: Path) -> tuple[str, int, bool]:
    """SHA-256, length in bytes, and whether a PDF signature's /ByteRange occurs in the file."""
    digest = hashlib.sha256()
    length, tail, signed = 0, b"", False
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                length += len(chunk)
                signed = signed or b"/ByteRange" in tail + chunk
                tail = chunk[-16:]
    except FileNotFoundError as e:
        raise DocumentError("file_missing", path=path) from e
    except OSError as e:
        raise DocumentError("file_unreadable", path=path, reason=reason_of(e)) from e
    if not length:
        raise DocumentError("file_empty", path=path)
    return digest.hexdigest(), length, signed


def _kind(path: Path) -> Kind:
    """The kind of a file by its first bytes; the suffix only admits plain text."""
    with path.open("rb") as file:
        head = file.read(4096)
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "tiff"
    if _looks_like_text(head):
        return "text"
    raise DocumentError("not_a_document", path=path, reason=_known_other(head))


def _known_other(head: bytes) -> str:
    names = {
        b"PK\x03\x04": "an Office or ZIP file",
        b"\xd0\xcf\x11\xe0": "an old Office file",
        b"GIF8": "a GIF image",
        b"RIFF": "a RIFF file",
        b"BM": "a BMP image",
        b"\x7fELF": "a program",
        b"{\\rtf": "an RTF file",
    }
    return next((name for magic, name in names.items() if head.startswith(magic)), "binary data")


def _looks_like_text(head: bytes) -> bool:
    if head.startswith(b"{\\rtf"):
        return False
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    control = sum((b < 32 and b not in b"\t\n\r\f") or b == 127 for b in head)
    return b"\0" not in head and control <= len(head) // 200


# --- plain text ---------------------------------------------------------------------------


def text_pages(path: Path) -> list[PageSource]:
    """The pages of a plain text; a form feed ends one."""
    text = decode_text(path.read_bytes(), path)
    parts = text.split("\f")
    if len(parts) > 1 and not parts[-1].strip():
        parts.pop()
    return [
        PageSource(
            n + 1, path, n, PageKind.TEXT, text_layer=classify(part, scanned=False), text=part
        )
        for n, part in enumerate(parts)
    ]


def decode_text(data: bytes, path: Path) -> str:
    """Text of a `.txt`: UTF-8, UTF-16 with a byte order mark, else Windows-1258, else Latin-1.

    Raises DocumentError not_a_document where the bytes are no text."""
    text = _decoded(data)
    control = sum(c < " " and c not in "\t\n\r\f" for c in text)
    if "\0" in text or control > len(text) // 100:
        raise DocumentError("not_a_document", path=path, reason="binary data")
    return str(regex.sub(r"\r\n?", "\n", text))


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    for encoding in ("utf-8-sig", "cp1258"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")
