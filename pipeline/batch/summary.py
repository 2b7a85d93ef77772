"""What became of a batch, for people (a table) and for programs (summary.json).

In: the results of all paths of a run. Out: text. It tells the state of the documents, not the
story of the run, so a run that finds everything done writes the same summary again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from pipeline.batch.result import Heading, LetterResult, Result
from pipeline.errors import CongvanError, ExitCode
from pipeline.messages import message, printable

MOST_ROWS = 50
LONGEST_SUBJECT = 130


@dataclass(frozen=True, slots=True)
class Summary:
    """The results of a run in the order of its paths; `interrupted` where it did not get to all,
    `planned` being how many documents it should have settled, `fresh` how many it worked on,
    `stopped` what ended it before its time."""

    results: tuple[Result, ...]
    planned: int
    fresh: int
    interrupted: bool = False
    stopped: CongvanError | None = None

    @property
    def exit_code(self) -> ExitCode:
        """Of the whole run."""
        if self.interrupted:
            return ExitCode.INTERRUPTED
        if self.stopped:
            return self.stopped.exit_code
        failed = any(r.status == "failed" for r in self.results)
        return ExitCode.SOME_FAILED if failed or self.unsettled else ExitCode.OK

    @property
    def letters(self) -> int:
        """How many letters were found; those of duplicates are their originals'."""
        return sum(len(r.letters) for r in self.results if r.status != "duplicate")

    @property
    def unsettled(self) -> int:
        """Documents the run did not get to."""
        return self.planned - len(self.results)

    def totals(self) -> dict[str, object]:
        """The numbers of the run as they stand in summary.json."""
        return {
            "documents": len(self.results),
            "letters": self.letters,
            "unsettled": self.unsettled,
            "pages": sum(r.pages for r in self.results),
            "seconds": round(sum(r.seconds for r in self.results), 3),
            "by_status": dict(sorted(Counter(r.status for r in self.results).items())),
            "by_reason": dict(sorted(Counter(r.reason for r in self.results if r.reason).items())),
        }

    def to_json(self) -> str:
        """The text of summary.json."""
        data = {**self.totals(), "results": [result_data(r) for r in self.results]}
        return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def result_data(result: Result) -> dict[str, object]:
    """One result as it stands in summary.json and in the lines of `process --json`."""
    return {
        "path": result.path,
        "status": result.status,
        "document_id": result.document_id,
        "reason": result.reason,
        "message": result.sentence,
        "pages": result.pages,
        "seconds": result.seconds,
        **asdict(result.heading),
        "letters": [_letter_data(letter) for letter in result.letters],
    }


def _letter_data(letter: LetterResult) -> dict[str, object]:
    data = {"document_id": letter.document_id, "status": letter.status}
    pages = {"first_page": letter.first_page, "last_page": letter.last_page}
    return {**data, **pages, **asdict(letter.heading)}


def table(summary: Summary) -> Table:
    """A row for each letter, or for a large batch one for each status and reason."""
    if sum(max(1, len(r.letters)) for r in summary.results) <= MOST_ROWS:
        return _letters(summary.results)
    return _counts(summary.results)


def closing_line(summary: Summary) -> str:
    """The run in one sentence."""
    count = Counter(r.status for r in summary.results)
    return message(
        "batch_closing",
        documents=len(summary.results),
        letters=summary.letters,
        pages=sum(r.pages for r in summary.results),
        done=count["done"],
        review=count["needs_review"],
        partial=count["partial"],
        failed=count["failed"],
        duplicate=count["duplicate"],
        fresh=summary.fresh,
    )


def has_old_failures(summary: Summary) -> bool:
    """Whether documents failed in an earlier run and were not tried again in this one."""
    failed = sum(r.status == "failed" and r.content is not None for r in summary.results)
    return summary.fresh == 0 and failed > 0


def _letters(results: Sequence[Result]) -> Table:
    columns = ("number", "date", "body", "subject", "status", "pages", "seconds")
    grid = _table(columns)
    for r in results:
        seconds = f"{r.seconds:.1f}" if r.seconds else ""
        if len(r.letters) < 2:
            told = _without_path(r) if r.status == "failed" else r.heading.subject
            pages = str(r.pages) if r.pages else ""
            grid.add_row(*_named(r.heading, _end_of(r.path), told, r.status), pages, seconds)
            continue
        for at, x in enumerate(r.letters):
            pages = f"{x.first_page}–{x.last_page}" if x.pages > 1 else f"{x.first_page}"
            place = f"{_end_of(r.path)} {pages}"
            status = r.status if r.status == "duplicate" else x.status
            row = _named(x.heading, place, x.heading.subject, status)
            grid.add_row(*row, str(x.pages), "" if at else seconds)
    return grid


def _named(heading: Heading, place: str, told: str | None, status: str) -> Iterator[Text]:
    """The cells that name a letter, by its number or else by where it was found."""
    number = heading.number_symbol or place
    shown = _shortened(told or "") if status != "failed" else told
    cells = (number, heading.date, heading.issuing_body, shown, message(f"status_{status}"))
    return map(_cell, cells)


def _without_path(result: Result) -> str:
    return (result.sentence or "").removeprefix(f"{printable(result.path)}: ")


def _shortened(subject: str) -> str:
    if len(subject) <= LONGEST_SUBJECT:
        return subject
    return subject[:LONGEST_SUBJECT].rpartition(" ")[0] + " …"


def _end_of(path: str) -> str:
    """File name and folder, by which people know a file."""
    return "/".join(path.split("/")[-2:])


def _counts(results: Sequence[Result]) -> Table:
    grid = _table(("status", "reason", "documents", "pages", "seconds"))
    groups: dict[tuple[str, str], list[Result]] = {}
    for r in results:
        groups.setdefault((r.status, r.reason or ""), []).append(r)
    for (status, reason), group in sorted(groups.items()):
        grid.add_row(
            _cell(message(f"status_{status}")),
            _cell(reason),
            str(len(group)),
            str(sum(r.pages for r in group)),
            f"{sum(r.seconds for r in group):.1f}",
        )
    return grid


def _table(columns: Sequence[str]) -> Table:
    grid = Table(box=SIMPLE_HEAD)
    for name in columns:
        number = name in ("pages", "seconds", "documents")
        keep = number or name in ("number", "date", "status")
        grid.add_column(
            message(f"column_{name}"),
            justify="right" if number else "left",
            no_wrap=keep,
            overflow="fold" if name == "reason" else "ellipsis",
        )
    return grid


def _cell(text: str | None) -> Text:
    return Text(printable(text or ""))
