"""summary.html: what became of a batch, for the archivist, in any browser and without a network.

In: the summary of a run. Out: one HTML page in the language of this process, which links to the
outputs and the originals and shows the small pictures that lie beside the records. It depends on
the state of the documents alone, so a run that finds everything done writes the same page.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from urllib.parse import quote

from pipeline.batch.histogram import histogram
from pipeline.batch.outputs import RECORD
from pipeline.batch.result import STATUSES, LetterResult, Result
from pipeline.batch.summary import Summary
from pipeline.messages import get_language, message, printable
from pipeline.recording import TEXT, THUMBNAIL

MOST_CARDS = 24
MOST_PATHS = 200
"""Failures of one kind that are listed; the table has all."""
_COLUMNS = ("number", "date", "body", "subject", "status", "pages", "confidence", "file")


def summary_page(summary: Summary, root: Path) -> str:
    """The page of `summary`, to be written into `root`."""
    style, script = (_part(name) for name in ("summary.css", "summary.js"))
    rows = list(_rows(summary.results))
    return Template(_part("summary.html")).substitute(
        language=get_language(),
        style=style,
        style_hash=_hash(style),
        script=script,
        script_hash=_hash(script),
        title=_said("page_title"),
        lead=_said("page_lead", name=root.absolute().name),
        skip=_said("page_skip"),
        totals_title=_said("page_totals"),
        tiles="".join(_tiles(summary)),
        share=_share(summary),
        reasons_title=_said("page_reasons"),
        reasons=_reasons(summary.results),
        confidence_title=_said("page_confidence"),
        histogram=histogram([c for _, x in rows if x for c in x.quality.confidences]),
        failures=_failures(summary.results, root),
        review=_review(rows, root),
        all_title=_said("page_all"),
        filter_label=_said("page_filter"),
        status_label=_said("column_status"),
        status_any=_said("page_any"),
        status_options="".join(_options(summary)),
        shown_text=escape(message("page_shown", shown="{shown}", all="{all}")),
        columns="".join(f'<th scope="col">{_said(f"column_{c}")}</th>' for c in _COLUMNS),
        rows="\n".join(_row(result, letter, root) for result, letter in rows),
        footer=_said("page_footer"),
    )


Row = tuple[Result, LetterResult | None]
"""A letter and the document it is of, or a document that gave none."""


def _rows(results: Iterable[Result]) -> Iterator[Row]:
    for result in results:
        if not result.letters or result.status == "duplicate":
            yield result, None
        else:
            yield from ((result, letter) for letter in result.letters)


def _part(name: str) -> str:
    return (files("pipeline.batch") / "page" / name).read_text(encoding="utf-8").strip()


def _hash(text: str) -> str:
    """As a Content-Security-Policy names what may stand in the page."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode()


def _said(code: str, **values: object) -> str:
    return escape(message(code, **values))


def _shown(text: str | None) -> str:
    return escape(printable(text or ""))


# --- totals --------------------------------------------------------------------------------------


def _counts(summary: Summary) -> dict[str, int]:
    """Documents by status, `pending` for those the run did not get to; only what there is."""
    found = Counter(r.status for r in summary.results)
    counts = {s: found[s] for s in STATUSES if found[s]}
    return counts | ({"pending": summary.unsettled} if summary.unsettled > 0 else {})


def _tiles(summary: Summary) -> Iterator[str]:
    yield _tile("", len(summary.results), message("column_documents"))
    yield _tile("", summary.letters, message("page_letters"))
    yield _tile("", sum(r.pages for r in summary.results), message("column_pages"))
    for status, count in _counts(summary).items():
        yield _tile(status, count, message(f"status_{status}"))


def _tile(kind: str, count: int, name: str) -> str:
    return f'<li class="{kind}"><b>{_grouped(count)}</b><span>{escape(name)}</span></li>'


def _grouped(count: int) -> str:
    """Thousands apart, as the language writes them."""
    return f"{count:,}".replace(",", "." if get_language() == "vi" else ",")


def _share(summary: Summary) -> str:
    """A bar in the colours of the tiles; the numbers stand in them."""
    counts = _counts(summary)
    total = max(1, sum(counts.values()))
    at = 0.0
    bars: list[str] = []
    for status, count in counts.items():
        width = 100 * count / total
        bars.append(f'<rect class="{status}" x="{at:.3f}" width="{width:.3f}" height="3"/>')
        at += width
    inside = "".join(bars)
    return (
        '<svg class="share" viewBox="0 0 100 3" preserveAspectRatio="none" aria-hidden="true">'
        f"{inside}</svg>"
    )


def _reasons(results: Sequence[Result]) -> str:
    """Documents by status and reason."""
    groups = Counter((r.status, r.reason or "") for r in results)
    order = {status: n for n, status in enumerate(STATUSES)}
    lines = [
        f"<tr><td>{_badge(status)}</td><td>{_reason_name(reason)}</td>"
        f'<td class="number">{_grouped(count)}</td></tr>'
        for (status, reason), count in sorted(groups.items(), key=lambda g: (order[g[0][0]], g[0]))
    ]
    heads = "".join(f'<th scope="col">{_said(f"column_{c}")}</th>' for c in ("status", "reason"))
    last = f'<th scope="col" class="number">{_said("column_documents")}</th>'
    return f"<table><thead><tr>{heads}{last}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def _reason_name(reason: str) -> str:
    """The sentence of a reason without its file, else its code."""
    return escape(_flag_name(reason, "reason_")) if reason else ""


def _badge(status: str) -> str:
    return f'<span class="badge {status}">{_said(f"status_{status}")}</span>'


def _options(summary: Summary) -> Iterator[str]:
    for status in _counts(summary):
        if status != "pending":
            yield f'<option value="{status}">{_said(f"status_{status}")}</option>'


# --- failures ------------------------------------------------------------------------------------


def _failures(results: Sequence[Result], root: Path) -> str:
    groups: dict[str, list[Result]] = {}
    for r in results:
        if r.status == "failed":
            groups.setdefault(r.reason or "", []).append(r)
    if not groups:
        return ""
    blocks = "".join(
        _failure_block(reason, group, root)
        for reason, group in sorted(groups.items(), key=lambda g: (-len(g[1]), g[0]))
    )
    return (
        f'<section class="failures"><h2>{_said("page_failures")}</h2>'
        f'{blocks}<p class="note">{_said("batch_retry")}</p></section>'
    )


def _failure_block(reason: str, group: Sequence[Result], root: Path) -> str:
    items = "".join(
        f"<li>{_original(r.path, root, r.path)}: {_shown(_told(r))}</li>"
        for r in group[:MOST_PATHS]
    )
    more = len(group) - MOST_PATHS
    rest = f'<p class="note">{_said("page_more", count=more)}</p>' if more > 0 else ""
    opened = " open" if len(group) <= 10 else ""
    return (
        f"<details{opened}><summary>{_reason_name(reason)} · {_grouped(len(group))}</summary>"
        f"<ul>{items}</ul>{rest}</details>"
    )


def _told(result: Result) -> str:
    """The sentence of a failure behind its path."""
    return (result.sentence or "").removeprefix(f"{printable(result.path)}: ")


# --- to be reviewed first ------------------------------------------------------------------------


def _review(rows: Sequence[Row], root: Path) -> str:
    waiting = [(r, x) for r, x in rows if x and x.status in ("needs_review", "partial")]
    if not waiting:
        return ""
    waiting.sort(key=lambda row: _urgency(row[1]))
    cards = "".join(_card(r, x, root) for r, x in waiting[:MOST_CARDS])
    more = len(waiting) - MOST_CARDS
    rest = f'<p class="note">{_said("page_more", count=more)}</p>' if more > 0 else ""
    return (
        f'<section><h2>{_said("page_review")}</h2><p class="note">{_said("page_review_order")}</p>'
        f'<ul class="letters">{cards}</ul>{rest}</section>'
    )


def _urgency(letter: LetterResult) -> tuple[object, ...]:
    """Letters with pages missing first, then those with the most doubtful fields, then those
    whose worst page is worst."""
    fields = sum(count for code, count in letter.quality.flags if code != "doubtful_word")
    worst = min(letter.quality.confidences, default=100)
    return (letter.status != "partial", -fields, worst, letter.document_id)


def _card(result: Result, letter: LetterResult, root: Path) -> str:
    h = letter.heading
    name = h.number_symbol or Path(result.path).name
    facts = " · ".join(filter(None, (_date(h.date), h.issuing_body, _pages(result, letter))))
    flags = "".join(f"<li>{_flag(code, count)}</li>" for code, count in letter.quality.flags[:4])
    return (
        f'<li><a class="page" href="{_href(letter.document_id, TEXT)}">{_picture(letter, name)}</a>'
        f"<div><h3>{_shown(name)}</h3>{_badge(letter.status)}<p>{_shown(facts)}</p>"
        f"<p>{_shown(h.subject)}</p><ul>{flags}</ul>"
        f'<p class="links">{_links(result, letter, root)}</p></div></li>'
    )


def _picture(letter: LetterResult, name: str) -> str:
    if not letter.quality.thumbnail:
        return f'<span class="bare">{_said("page_bare")}</span>'
    source = _href(letter.document_id, THUMBNAIL)
    alt = _said("page_picture", name=name)
    return f'<img loading="lazy" width="112" height="158" src="{source}" alt="{alt}">'


def _flag(code: str, count: int) -> str:
    times = f" ({count})" if count > 1 else ""
    return escape(_flag_name(code, "flag_") + times)


def _flag_name(code: str, kind: str) -> str:
    """What people call a flag or reason; its code in words where nobody named it."""
    try:
        return message(kind + code)
    except KeyError:
        return code.replace("_", " ")


# --- all of them ---------------------------------------------------------------------------------


def _row(result: Result, letter: LetterResult | None, root: Path) -> str:
    h = letter.heading if letter else result.heading
    status = letter.status if letter else result.status
    told = _told(result) if result.status in ("failed", "duplicate") else h.subject
    worst = min(letter.quality.confidences, default=None) if letter else None
    cells = (
        f'<td class="keep">{_number(letter, h.number_symbol)}</td>'
        f'<td class="keep" data-key="{escape(h.date or "")}">{_shown(_date(h.date))}</td>'
        f"<td>{_shown(h.issuing_body)}</td><td>{_shown(told)}</td>"
        f"<td>{_badge(status)}</td>"
        f'<td class="number">{_shown(_pages(result, letter, bare=True))}</td>'
        f'<td class="number">{"" if worst is None else f"{worst} %"}</td>'
        f"<td>{_original(result.path, root, _end_of(result.path))}</td>"
    )
    return f'<tr data-status="{status}">{cells}</tr>'


def _number(letter: LetterResult | None, number: str | None) -> str:
    if letter is None:
        return _shown(number)
    shown = _shown(number) or _said("page_record")
    return f'<a href="{_href(letter.document_id, TEXT)}">{shown}</a>'


def _links(result: Result, letter: LetterResult, root: Path) -> str:
    text = f'<a href="{_href(letter.document_id, TEXT)}">{_said("page_text")}</a>'
    record = f'<a href="{_href(letter.document_id, RECORD)}">{_said("page_record")}</a>'
    return f"{text} {record} {_original(result.path, root, message('page_original'))}"


def _date(date: str | None) -> str | None:
    """18/9/2019, as these letters write it."""
    if not date:
        return None
    return "/".join(str(int(part)) for part in reversed(date.split("-")))


def _pages(result: Result, letter: LetterResult | None, *, bare: bool = False) -> str:
    """`3`, or `3 pages`; of a letter among several `2–4`."""
    if letter and len(result.letters) > 1:
        first, last = letter.first_page, letter.last_page
        pages = f"{first}–{last}" if last > first else f"{first}"
        return pages if bare else f"{message('column_pages')} {pages}"
    if not result.pages:
        return ""
    if bare:
        return str(result.pages)
    return message("page_page" if result.pages == 1 else "page_pages", count=result.pages)


def _end_of(path: str) -> str:
    return "/".join(path.split("/")[-2:])


def _href(document_id: str, name: str) -> str:
    return escape(f"{quote(document_id)}/{name}")


def _original(path: str, root: Path, shown: str) -> str:
    """A link to the original, relative, so that it holds where both folders are moved together."""
    relative = os.path.relpath(Path(path).absolute(), root.absolute())
    return f'<a href="{escape(quote(relative))}">{_shown(shown)}</a>'
