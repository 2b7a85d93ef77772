"""The record's published schema is the one the program writes."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema

from pipeline.record import Record, SourceInfo, json_schema, schema_text

ROOT = Path(__file__).parent.parent


def _record() -> Record:
    source = SourceInfo(path="a.pdf", sha256="0" * 64, bytes=1, media_type="text/plain", pages=1)
    return Record(document_id="a-000000000000", status="done", family="party", source=source)


def test_the_published_schema_is_current() -> None:
    published = (ROOT / "docs" / "record.schema.json").read_text(encoding="utf-8")
    assert published == schema_text(), "run: python -m pipeline.record > docs/record.schema.json"


def test_a_record_is_valid_and_comes_back_from_its_json() -> None:
    text = _record().to_json()
    jsonschema.validate(json.loads(text), json_schema())
    assert Record.model_validate_json(text) == _record()


def test_what_is_not_printed_is_null_or_empty_and_never_left_out() -> None:
    data = json.loads(_record().to_json())
    assert data["header"]["number_symbol"] is None
    assert data["directives"] == []
    assert data["schema"] == "congvan/record/1"
