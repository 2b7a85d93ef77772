"""Queries whose right letters are known: python -m benchmarks.search_judged [--engine URL]
[--write].

Queries are made from the truth of letters, as people would ask for them: numbers in every writing,
words with, without and with wrong marks, phrases, citations, people, bodies under their old and new
names, directives. They are put to an index of those letters among others that are made up.

Recall@5 is the share of the right letters that stand among the first five hits (of five, where more
are right); *first* is the share of queries whose first hit is right.

Those for the samples are kept as data for the tests (--write, tests/cases/search/judged.tsv); those
for the reference letters outside the repository are made when asked."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.search_letters import letters
from pipeline.batch.gold import processed
from pipeline.batch.progress import Quiet
from pipeline.evaluate.gold import Truth, record_files, record_of, truths_in
from pipeline.record import Letter, Page, Record, SourceInfo
from pipeline.search import Index, connect
from pipeline.search.body_names import other_bodies
from pipeline.search.folding import fold, forms
from pipeline.settings import Settings

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "samples" / "scans"
SHARED = ROOT.parent / "shared" / "gold" / "dev"
DATA = ROOT / "tests" / "cases" / "search" / "judged.tsv"
OTHERS = 400
FIRST = 5
_OTHER_TONE = str.maketrans("áàảãạấầẩẫậéèẻẽẹếềểễệóòỏõọốồổỗộ", "àáãảạầấẫẩậèéẽẻẹềếễểệòóõỏọồốỗổộ")


@dataclass(frozen=True, slots=True)
class Judged:
    """A query and the letters that are right for it, by document id."""

    kind: str
    query: str
    right: frozenset[str]


@dataclass(frozen=True, slots=True)
class Score:
    """How well some queries were answered."""

    queries: int
    recall: float
    first: float

    def line(self, name: str) -> str:
        """For people to read."""
        figures = f"recall@5 {self.recall:.3f}  first {self.first:.3f}"
        return f"{name:22} {self.queries:4} queries  {figures}"


def judged(truths: Sequence[Truth]) -> list[Judged]:
    """Queries for some letters, the same in every run."""
    known = [(truth.id, truth.letter) for truth in truths if truth.letter]
    out: dict[str, Judged] = {}
    for name, letter in known:
        same = {n for n, other in known if _same(letter, other)}
        for kind, query, right in _queries(letter, Random(name)):
            found = {n for n, other in known if right(other)} | same
            out.setdefault(query, Judged(kind, query, frozenset(found)))
    return list(out.values())


Right = Callable[[dict[str, Any]], bool]


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    keys = ("number_symbol", "date", "subject")
    return all(one["header"][key] == other["header"][key] for key in keys)


def _queries(letter: dict[str, Any], chance: Random) -> Iterator[tuple[str, str, Right]]:
    def itself(_: dict[str, Any]) -> bool:
        return False

    header = letter["header"]
    for query in _numbers(header):
        yield "number", query, itself
    subject = _words(header["subject"] or "")
    if len(subject) > 3:
        asked = " ".join(subject[:7])
        yield "subject", asked, itself
        yield "subject, no marks", fold(asked), itself
        yield "subject, wrong marks", asked.translate(_OTHER_TONE), itself
    texts = [*(d["text"] for d in letter["directives"]), *letter["preamble"]]
    for text in texts[:4]:
        printed = text.split()
        if len(printed) < 20:
            continue
        start = chance.randrange(len(printed) - 8)
        yield "phrase", f'"{" ".join(printed[start : start + 6])}"', itself
        start = chance.randrange(len(printed) - 14)
        some = _words(" ".join(printed[start : start + 14]))
        picked = sorted(chance.sample(range(len(some)), min(6, len(some))))
        yield "words of the text", " ".join(some[i] for i in picked), itself
    for text in [d["text"] for d in letter["directives"]][:1]:
        yield "directive", 'là:"nhiệm vụ" ' + " ".join(_words(text)[:7]), itself
    for citation in letter["citations"][:2]:
        number = citation["number_symbol"]
        yield "who cites", f"viện dẫn:{number}", partial(_cites, number)
    yield from _people_and_bodies(letter, subject)


def _numbers(header: dict[str, Any]) -> Iterator[str]:
    number = header["number_symbol"]
    if number and header["number"]:
        plain = number.replace("-", " ").replace("/", " ")
        yield from (number, plain, number.lower(), fold(plain), f"số {number}")
        yield f"số:{plain.replace(' ', '')}"
        yield f"{number} {' '.join(_words(header['subject'] or '')[:2])}".strip()


def _people_and_bodies(
    letter: dict[str, Any], subject: list[str]
) -> Iterator[tuple[str, str, Right]]:
    header, signer = letter["header"], letter["signature"]["signer"]
    if signer:
        name = fold(signer)

        def signed(other: dict[str, Any]) -> bool:
            return name == fold(other["signature"]["signer"] or "")

        yield "person", signer, signed
        yield "person", f'người ký:"{name}"', signed
    body = header["issuing_body"]
    if not body or len(subject) < 6:
        return
    about = " ".join(subject[2:6])
    yield "body", f'cơ quan:"{body.lower()}" {about}', lambda _: False
    for other_name in other_bodies(fold(body))[:3]:
        yield "body, other name", f'cơ quan:"{other_name}" {about}', lambda _: False
        yield "body, other name", f"{other_name} {fold(about)}", lambda _: False


def _cites(number: str, letter: dict[str, Any]) -> bool:
    return any(fold(c["number_symbol"]) == fold(number) for c in letter["citations"])


def _words(text: str) -> list[str]:
    """Words of letters alone, as they are printed."""
    words = (word.strip(".,;:()“”\"'-–") for word in text.split())
    return [word for word in words if word.isalpha() and forms(word)]


def ask(index: Index, queries: Iterable[Judged]) -> dict[str, Score]:
    """Put queries to an index; scores by kind, and of `all`."""
    results: dict[str, list[tuple[float, bool]]] = {}
    for judged_one in queries:
        hits = index.search(judged_one.query, limit=FIRST).hits
        names = list(dict.fromkeys(hit.document_id for hit in hits))
        found = judged_one.right.intersection(names)
        recall = len(found) / min(FIRST, len(judged_one.right))
        result = (recall, bool(names) and names[0] in judged_one.right)
        for kind in (judged_one.kind, "all"):
            results.setdefault(kind, []).append(result)
    return {
        kind: Score(len(some), _mean(r for r, _ in some), _mean(f for _, f in some))
        for kind, some in results.items()
    }


def _mean(values: Iterable[float]) -> float:
    numbers = list(values)
    return sum(numbers) / len(numbers)


def record_of_truth(truth: Truth) -> Record:
    """A record as it would be if nothing were ever misread."""
    pages = [Page(number=n, text=t, raw_text=t) for n, t in enumerate(truth.pages, 1)]
    names = Letter.model_fields.keys() & (truth.letter or {}).keys() - {"evidence", "flags"}
    fields = {name: (truth.letter or {})[name] for name in names} | {"family": "other"}
    letter = Letter.model_validate(fields)
    source = SourceInfo(path=truth.id, sha256="", bytes=0, media_type="", pages=len(pages))
    parts = {name: getattr(letter, name) for name in Letter.model_fields}
    return Record(document_id=truth.id, status="done", source=source, pages=pages, **parts)


def unrestored(record: Record) -> Record:
    """The record as far as the raw text goes: no corrections, no fields."""
    pages = [page.model_copy(update={"text": page.raw_text}) for page in record.pages]
    empty = Record(
        document_id=record.document_id, status="done", family="other", source=record.source
    )
    return empty.model_copy(update={"pages": pages})


def read_data(path: Path = DATA) -> list[Judged]:
    """Judged queries kept as data: kind, query, right letters."""
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return [Judged(kind, query, frozenset(right.split())) for kind, query, right in rows]


def _write_data() -> None:
    rows = [f"{j.kind}\t{j.query}\t{' '.join(sorted(j.right))}" for j in judged(truths_in(SAMPLES))]
    head = (
        "# Queries for the samples and the letters that are right for them: kind, query, letters."
    )
    made = (
        "# Made by: python -m benchmarks.search_judged --write (those by hand: judged_by_hand.tsv)"
    )
    DATA.write_text("\n".join([head, made, *rows]) + "\n", encoding="utf-8")


def figures() -> dict[str, float]:
    """How well letters are found in a SQLite index where nothing was misread."""
    out: dict[str, float] = {}
    for name, gold in (("samples", SAMPLES), ("dev", SHARED)):
        if not gold.is_dir():
            print(f"skipped: {gold} is not there", file=sys.stderr)
            continue
        truths = truths_in(gold)
        with tempfile.TemporaryDirectory() as folder, connect(f"{folder}/index.sqlite") as index:
            index.add([*map(record_of_truth, truths), *letters(OTHERS)])
            score = ask(index, judged(truths))["all"]
        print(score.line(name), file=sys.stderr)
        out[f"search.{name}.recall"] = score.recall
        out[f"search.{name}.first"] = score.first
    return out


def measure(
    gold: Path, target: str, *, extra: Sequence[Judged] = ()
) -> dict[str, dict[str, Score]]:
    """Scores of the letters of a truth folder as congvan reads them: `restored`, and `raw`, what a
    plain index of the OCR text gives."""
    truths = truths_in(gold)
    queries = [*judged(truths), *extra]
    with processed(gold, Settings(), 1, Quiet()) as out:
        files = record_files(out)
        records = []
        for truth in truths:
            file = record_of(truth, files)
            if file is not None:
                record = Record.model_validate(file.data)
                records.append(record.model_copy(update={"document_id": truth.id}))
    scores = {}
    for name, some in (("restored", records), ("raw", [unrestored(r) for r in records])):
        with connect(f"{target}-{name}") as index:
            index.add([*some, *letters(OTHERS)])
            scores[name] = ask(index, queries)
    return scores


def main() -> None:
    """Measure the samples and, where they are, the reference letters."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search_judged")
    parser.add_argument("--engine", help="address of an OpenSearch node [default: SQLite]")
    parser.add_argument("--write", action="store_true", help="write the data for the tests")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.write:
        _write_data()
        return
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        target = options.engine or folder
        for name, gold in (("samples", SAMPLES), ("dev", SHARED)):
            if not gold.is_dir():
                print(f"skipped: {gold} is not there", file=sys.stderr)
                continue
            extra = read_data(DATA.with_name("judged_by_hand.tsv")) if name == "samples" else ()
            for way, scores in measure(gold, f"{target}/judged-{name}", extra=extra).items():
                print(f"\n{name}, {way}")
                for kind, score in scores.items():
                    print(score.line(kind))
                found[f"{name}.{way}"] = {
                    "recall": scores["all"].recall,
                    "first": scores["all"].first,
                }
    if options.json:
        print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
