"""The schema of ALTO 4.4, kept outside the repository; its one import is stood in for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lxml import etree

SCHEMA = Path(__file__).parents[2] / "shared" / "schemas" / "alto-4-4.xsd"
_XLINK = """<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema"
    targetNamespace="http://www.w3.org/1999/xlink"><xsd:attributeGroup name="simpleLink"/>
</xsd:schema>"""


def load(folder: Path) -> Any:
    """The schema, None where it is not on this machine; `folder` is for a copy of it."""
    if not SCHEMA.exists():
        return None
    (folder / "xlink.xsd").write_text(_XLINK)  # instead of the one at its web address
    text = SCHEMA.read_text(encoding="utf-8")
    local = text.replace("http://www.loc.gov/standards/xlink/xlink.xsd", "xlink.xsd")
    (folder / "alto.xsd").write_text(local, encoding="utf-8")
    return etree.XMLSchema(file=str(folder / "alto.xsd"))
