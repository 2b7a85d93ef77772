"""The letter as Markdown: its fields as a table, its text by parts, as people read it.

In: a `Record`. Out: Markdown (CommonMark with tables); everything printed is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import regex

from pipeline.record import Directive, Item, Record

_SPECIAL = regex.compile(r"([\\`*_{}\[\]<>#|~&])")
_LIST_LIKE = regex.compile(r"^(\d*)([.)]|[-+=])", regex.MULTILINE)
"""What makes a line an entry of a list, a rule, or the line above it a heading."""


def markdown(record: Record) -> str:
    """The letter, headings in Vietnamese."""
    header = record.header
    title = " ".join(filter(None, (header.document_type, header.number_symbol)))
    parts = [f"# {_plain(title or record.document_id)}", _table(record)]
    parts += _listed("Kính gửi", record.recipients)
    parts += _listed("Căn cứ", record.legal_bases)
    parts += [_plain(paragraph) for paragraph in record.preamble]
    parts += [_directive(directive) for directive in record.directives]
    parts += [_plain(paragraph) for paragraph in record.closing]
    signature = record.signature
    signed = [signature.authority, signature.position, signature.signer]
    if any(signed):
        parts.append("\\\n".join(f"**{_plain(line)}**" for line in signed if line))
    parts += _listed("Nơi nhận", record.distribution)
    for appendix in record.appendices:
        head = " ".join(filter(None, (appendix.marker, appendix.title))) or "Phụ lục"
        parts += [f"## {_plain(head)}", _plain(appendix.reference or ""), _plain(appendix.text)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(record: Record) -> str:
    header = record.header
    rows = [
        ("Cơ quan ban hành", header.issuing_body),
        ("Cơ quan chủ quản", header.parent_body),
        ("Nơi ban hành", header.place),
        ("Ngày", header.date),
        ("Trích yếu", header.subject),
        ("Độ mật", header.secrecy),
        ("Độ khẩn", header.urgency),
    ]
    lines = [f"| {name} | {_plain(value, ' ')} |" for name, value in rows if value]
    return "\n".join(["| | |", "|---|---|", *lines]) if lines else ""


def _listed(title: str, entries: Sequence[str]) -> list[str]:
    if not entries:
        return []
    return [f"## {title}", "\n".join(f"- {_plain(entry, ' ')}" for entry in entries)]


def _directive(directive: Directive) -> str:
    marker = f"**{_plain(directive.marker)}** " if directive.marker else ""
    return "\n\n".join([marker + _plain(directive.text), *_items(directive.items, 0)])


def _items(items: Iterable[Item], depth: int) -> list[str]:
    """Each point as an entry of a list, so that points of points stand further in."""
    out: list[str] = []
    for item in items:
        marker = f"{_plain(item.marker)} " if item.marker else ""
        out.append(f"{'  ' * depth}- {marker}{_plain(item.text, ' ')}")
        out += _items(item.items, depth + 1)
    return out


def _plain(text: str, paragraph: str = "\n\n") -> str:
    """Printed text, so that nothing in it is taken for Markdown."""
    lines = "\n".join(" ".join(line.split()) for line in text.split("\n"))
    escaped: str = _LIST_LIKE.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", lines))
    return escaped.replace("\n", paragraph).strip()
