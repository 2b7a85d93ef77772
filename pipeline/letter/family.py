"""Party, state or other, and the type of a document, from what the letterhead shows."""

from __future__ import annotations

from pipeline.letter.folding import fold
from pipeline.letter.header import Letterhead
from pipeline.letter.sections import Sections
from pipeline.letter.tables import bodies, body_words, document_types, rows
from pipeline.record import Family, Header


def family_of(head: Letterhead, header: Header) -> Family:
    """Whose letter it is: the heading decides, then the body, then the number's form.

    Mass organisations are `other`, with Quốc hiệu or without."""
    if head.party_title:
        return "party"
    if _is_mass_organisation(head, header):
        return "other"
    if head.state_title:
        return "state"
    if head.number is not None and head.number.form == "party":
        return "party"
    by_name = _family_of_name(header.issuing_body or "")
    if by_name is not None:
        return by_name
    return "state" if head.number is not None and head.number.form == "state" else "other"


def organisation_of(head: Letterhead, header: Header) -> str | None:
    """The mass organisation that issued the letter, None where none did: by its name, or by the
    abbreviation in the number."""
    names = [fold(n) for n in (header.issuing_body, header.parent_body) if n]
    parts = head.number.parts if head.number else ()
    for words, organisation in ((r[0], r[1]) for r in rows("mass_organisations.tsv")):
        if any(_names(name, fold(words)) for name in names) or words in parts:
            return organisation
    return None


def _names(body: str, words: str) -> bool:
    """Do the words stand whole in a body's name?"""
    return body.startswith(words) or f" {words} " in f" {body} "


def _is_mass_organisation(head: Letterhead, header: Header) -> bool:
    for name in (header.issuing_body, header.parent_body):
        if name and _family_of_name(name) == "other":
            return True
    if organisation_of(head, header) is not None and not head.state_title:
        return True
    parts = head.number.parts if head.number else ()
    return any(bodies()[p].family == "other" for p in parts if p in bodies())


def _family_of_name(name: str) -> Family | None:
    folded = fold(name)
    for word in body_words():
        if folded.startswith(word.words):
            return {"party": "party", "state": "state", "other": "other"}.get(word.family)  # type: ignore[return-value]
    return None


def type_of(parts: Sections, head: Letterhead) -> str | None:
    """The type in its display form: the title's; else that of the number's code; a letter
    without title that has "V/v" or "Kính gửi" is a Công văn.

    The Party's code QĐ is Quyết định or Quy định: only the title tells."""
    if parts.kind is not None:
        return parts.kind.name
    code = head.number.type_code if head.number else None
    if code and not (head.about and head.about_marked):
        names = _names_of_code(code, head.number.form if head.number else "state")
        if len(names) == 1:
            return names.pop()
    if (head.about and head.about_marked) or parts.recipients or code == "CV":
        return "Công văn"
    return None


def _names_of_code(code: str, form: str) -> set[str]:
    family = "party" if form == "party" else "state"
    return {t.name for t in document_types() if t.code == code and t.family in (family, "both")}
