"""What only the archive knows of a delivery, from its settings file; and the circular's codes.

In: a TOML file (docs/export.md has an example). Out: `ArchiveSettings`. What is not in it stays
absent from catalogue and XML; nothing is invented.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.errors import UsageError
from pipeline.export.names import DEFAULT_PATTERN, check_pattern


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileFields(_Part):
    """Of the file (hồ sơ) that the documents belong to: its code and title."""

    code: str | None = None
    title: str | None = None


class DocumentFields(_Part):
    """Fields of Thông tư 05/2025/TT-BNV that hold for every document of the delivery; codes of
    dictionaries/archive_codes.tsv."""

    maintenance: str | None = None
    mode: str | None = None
    confidenceLevel: str | None = None  # noqa: N815  the circular's own names
    format: str | None = None
    inforSign: str | None = None  # noqa: N815
    keyword: str | None = None
    process: str | None = None
    riskRecovery: str | None = None  # noqa: N815
    riskRecoveryStatus: str | None = None  # noqa: N815


class ArchiveSettings(_Part):
    """`doc_id` is a pattern in which {serial} is the number of the document in the delivery."""

    names: str = DEFAULT_PATTERN
    doc_id: str | None = None
    file: FileFields = FileFields()
    document: DocumentFields = DocumentFields()


def archive_settings(path: Path | None, names: str | None) -> ArchiveSettings:
    """The settings of a file, or none; `names` has the last word on file names.

    Raises what `read_settings` raises."""
    settings = read_settings(path) if path else ArchiveSettings()
    if names is None:
        return settings
    check_pattern(names)
    return settings.model_copy(update={"names": names})


def read_settings(path: Path) -> ArchiveSettings:
    """Raises UsageError settings_invalid, name_pattern or code_unknown."""
    try:
        settings = ArchiveSettings.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UsageError("settings_invalid", path=path, reason=error.strerror) from error
    except (ValueError, ValidationError) as error:
        reason = (
            "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            if isinstance(error, ValidationError)
            else str(error)
        )
        raise UsageError("settings_invalid", path=path, reason=reason) from error
    check_pattern(settings.names)
    for field, code in settings.document.model_dump().items():
        known = codes().get(field)
        if code and known and code not in known:
            raise UsageError(
                "code_unknown", path=path, field=field, value=code, codes=", ".join(known)
            )
    return settings


@cache
def codes() -> dict[str, dict[str, str]]:
    """Field → code → meaning, of dictionaries/archive_codes.tsv."""
    table: dict[str, dict[str, str]] = {}
    text = files("dictionaries").joinpath("archive_codes.tsv").read_text(encoding="utf-8")
    for row in text.splitlines():
        if row and not row.startswith("#"):
            field, code, meaning = row.split("\t")
            table.setdefault(field, {})[code] = meaning
    return table


def meaning(field: str, code: str | None) -> str | None:
    """What a code says, in Vietnamese; the code itself where the circular has no table for it."""
    return codes().get(field, {}).get(code, code) if code else None


@cache
def _types() -> dict[str, str]:
    return {meaning.casefold(): code for code, meaning in codes()["typeName"].items()}


OTHER_TYPE = "32"


def type_code(document_type: str | None) -> str | None:
    """The code of a type; 32 for types the circular does not name, None where none is known."""
    if not document_type:
        return None
    return _types().get(document_type.casefold().replace("hoá", "hóa"), OTHER_TYPE)
