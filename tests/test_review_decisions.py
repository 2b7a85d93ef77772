"""Decisions: kept for good, applied by replay, taken back without a trace, followed by records."""

from __future__ import annotations

import fcntl
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from cli import main
from pipeline.batch.outputs import LOCK
from pipeline.document import apply_corrections
from pipeline.errors import UsageError
from pipeline.export.holding import read_holding
from pipeline.record import (
    CorrectionInfo,
    Flag,
    Header,
    Page,
    Place,
    Record,
    SourceInfo,
)
from pipeline.review.apply import reviewed
from pipeline.review.decisions import ConflictError, Decision, Decisions, Verdict, word_place
from pipeline.review.desk import Asked, Desk, RefusedError
from pipeline.review.units import as_correction, line_units, page_units
from pipeline.review.writing import MACHINE, follow_all, read_machine, write_reviewed
from tests.review_batch import letter_in, make_batch

RAW = ["V/v tố chức hộ i sách", "", "Các tố chức, đơn vị đoc sách"]
FIXES = [(1, 4, "tố chức", "tổ chức"), (1, 12, "hộ i", "hội"), (3, 4, "tố", "tổ")]


def _correction(line: int, start: int, before: str, after: str) -> CorrectionInfo:
    return CorrectionInfo(page=1, line=line, start=start, before=before, after=after, score=0.9,
                          margin=2.0, source="model")  # fmt: skip


def _machine() -> Record:
    """A letter of three lines with three corrections and a doubt."""
    corrections = [_correction(*fix) for fix in FIXES]
    text = [
        apply_corrections(raw, tuple(as_correction(c) for c in corrections if c.line == n))
        for n, raw in enumerate(RAW, 1)
    ]
    return Record(
        document_id="letter-0123456789ab",
        status="needs_review",
        family="state",
        source=SourceInfo(path="x", sha256="0" * 64, bytes=1, media_type="image/png", pages=1),
        header=Header(subject="tổ chức hội sách", number_symbol="27/UBND", number="27"),
        preamble=["Các tổ chức, đơn vị đoc sách"],
        pages=[Page(number=1, raw_text="\n".join(RAW), text="\n".join(text))],
        corrections=corrections,
        places=[
            Place(where="header.subject", page=1, line=1, last_line=1, start=4),
            Place(where="preamble.0", page=1, line=3, last_line=3),
        ],
        flags=[
            Flag(code="doubtful_word", message="", where="", page=1, line=3, start=20),
            Flag(code="number_year", message="", where="header.number_symbol"),
        ],
    )


MACHINE_RECORD = _machine()
UNITS = [
    u for line in page_units(MACHINE_RECORD.pages[0], MACHINE_RECORD.corrections) for u in line
]
WORDS = st.sampled_from(["tổ chức", "hội", "đọc", "", "a b c", "<script>", "Đ/c"])


@st.composite
def decisions(draw: st.DrawFn) -> list[Decision]:
    """Any decisions of any people about any places, one after the other."""
    made: list[Decision] = []
    for number in range(1, draw(st.integers(0, 12)) + 1):
        unit = draw(st.sampled_from(UNITS))
        verdict: Verdict = draw(st.sampled_from(get_args(Verdict)))
        after = {"confirm": unit.text, "reject": unit.raw, "withdraw": unit.text}.get(verdict)
        place = word_place(unit.page, unit.line, unit.start)
        said = draw(WORDS) if after is None else after
        made.append(
            Decision(
                "letter-0123456789ab",
                "word",
                place,
                unit.raw,
                unit.text,
                said,
                verdict,
                "Lan",
                f"2024-01-01T00:00:{number:02}",
                number,
            )
        )
    return made


@given(decisions())
def test_raw_text_and_corrections_give_the_reviewed_text(made: list[Decision]) -> None:
    outcome = reviewed(MACHINE_RECORD, made)
    assert not outcome.unfitting
    record = outcome.record
    assert record.pages[0].raw_text == MACHINE_RECORD.pages[0].raw_text
    for number, (raw, text) in enumerate(
        zip(RAW, record.pages[0].text.split("\n"), strict=True), 1
    ):
        here = tuple(as_correction(c) for c in record.corrections if c.line == number)
        assert apply_corrections(raw, here) == text


@given(decisions())
def test_the_last_decision_of_a_place_is_what_the_text_says(made: list[Decision]) -> None:
    record = reviewed(MACHINE_RECORD, made).record
    last = {d.place: d for d in made if d.verdict != "withdraw"}
    last = {
        p: d for p, d in last.items() if max(m.number for m in made if m.place == p) == d.number
    }
    wanted = [
        last[place].after if (place := word_place(u.page, u.line, u.start)) in last else u.text
        for u in UNITS
    ]
    assert record.pages[0].text.split() == " ".join(wanted).split()


@given(decisions())
def test_deciding_again_changes_nothing_and_order_of_places_does_not_matter(
    made: list[Decision],
) -> None:
    once = reviewed(MACHINE_RECORD, made)
    assert reviewed(MACHINE_RECORD, made) == once
    assert reviewed(MACHINE_RECORD, list(reversed(made))) == once


@given(decisions())
def test_all_taken_back_is_the_record_of_the_machine(made: list[Decision]) -> None:
    back = [replace(d, verdict="withdraw", number=d.number + 100) for d in made]
    assert reviewed(MACHINE_RECORD, [*made, *back]).record == MACHINE_RECORD


@given(st.text(alphabet="ab ", max_size=12), st.data())
def test_units_hold_every_printed_character_once(raw: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(raw)), max_size=4)))
    spans = list(zip(cuts[::2], cuts[1::2], strict=False))
    fixes = [_correction(1, a, raw[a:b], data.draw(st.sampled_from(["", "x", "x y"])))
             for a, b in spans]  # fmt: skip
    held = [at for u in line_units(1, 1, raw, fixes) for at in range(u.start, u.end)]
    assert len(held) == len(set(held))
    assert {at for at, c in enumerate(raw) if c != " "} <= set(held)


def _word(line: int, start: int, after: str, number: int = 1) -> Decision:
    unit = next(u for u in UNITS if (u.line, u.start) == (line, start))
    place = word_place(1, line, start)
    return Decision("letter-0123456789ab", "word", place, unit.raw, unit.text, after, "change",
                    "Lan", "2024-01-01T00:00:00", number)  # fmt: skip


def test_fields_follow_the_words_of_the_text() -> None:
    made = [_word(1, 4, "tổ chức lại", 1), _word(1, 12, "đội", 2), _word(3, 20, "đọc", 3)]
    record = reviewed(MACHINE_RECORD, made).record
    assert record.header.subject == "tổ chức lại đội sách"
    assert record.preamble == ["Các tổ chức, đơn vị đọc sách"]


def test_a_decided_word_is_no_longer_doubtful_and_a_decided_field_has_no_flag() -> None:
    number = Decision("letter-0123456789ab", "field", "header.number_symbol", "", "27/UBND",
                      "72/UBND-VX", "change", "Lan", "2024", 2)  # fmt: skip
    record = reviewed(MACHINE_RECORD, [_word(3, 20, "đọc"), number]).record
    assert (record.flags, record.status) == ([], "done")
    assert (record.header.number, record.header.symbol) == ("72", "UBND-VX")


@pytest.mark.parametrize(
    "odd",
    [
        replace(_word(3, 20, "đọc"), raw="đac"),
        replace(_word(3, 20, "đọc"), place="p9.l1.c0"),
        replace(_word(3, 20, "đọc"), place="p1.l99.c0"),
        replace(_word(3, 20, "đọc"), place="p1.l1.c6", raw=" chức"),
        replace(_word(3, 20, "đọc"), place="header.date", what="field", after="tomorrow"),
        replace(_word(3, 20, "đọc"), place="recipients.7", what="field"),
    ],
)  # fmt: skip
def test_what_does_not_fit_changes_no_text_and_is_told(odd: Decision) -> None:
    outcome = reviewed(MACHINE_RECORD, [odd])
    assert outcome.unfitting == (odd,)
    assert outcome.record.pages == MACHINE_RECORD.pages
    assert outcome.record.header == MACHINE_RECORD.header


def test_rows_are_never_changed_or_deleted(tmp_path: Path) -> None:
    Decisions(tmp_path).append([_word(3, 20, "đọc")], seen=0)
    with sqlite3.connect(tmp_path / "decisions.sqlite") as db:
        for sql in ("UPDATE decisions SET who = 'x'", "DELETE FROM decisions"):
            with pytest.raises(sqlite3.IntegrityError, match="never"):
                db.execute(sql)
    assert [d.who for d in Decisions(tmp_path).all()] == ["Lan"]


def test_two_people_do_not_overwrite_each_other_silently(tmp_path: Path) -> None:
    store = Decisions(tmp_path)
    (kept,) = store.append([_word(3, 20, "đọc")], seen=0)
    minh = [replace(_word(3, 20, "đóc"), who="Minh")]
    with pytest.raises(ConflictError) as conflict:
        store.append([replace(_word(1, 4, "x"), who="Minh"), *minh], seen=0)
    assert conflict.value.by == kept
    assert store.last() == 1, "all or none"
    store.append([replace(_word(1, 4, "x"), who="Minh")], seen=0)
    store.append(minh, seen=kept.number)
    assert [d.after for d in store.of_letter("letter-0123456789ab")] == ["đọc", "x", "đóc"]


def test_a_file_of_another_kind_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "decisions.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(UsageError, match=r"decisions\.sqlite"):
        Decisions(tmp_path)


def _change(desk: Desk, letter: str, before: str, after: str) -> None:
    word = next(w for w in desk.view(letter).words() if w.text == before)
    desk.decide(letter, [Asked(word.place, "change", after)], seen=desk.decisions.last())


def test_record_text_and_exports_follow_and_the_machines_own_stays(review_folder: Path) -> None:
    letter = letter_in(review_folder, "scanned")
    folder = review_folder / letter
    before = (folder / "record.json").read_bytes()
    raw = (folder / "raw.txt").read_bytes()
    desk = Desk(review_folder, "Lan")
    _change(desk, letter, "cuốn", "quyển")
    assert "mười quyển sách" in (folder / "text.txt").read_text("utf-8")
    assert "\tquyển\t1.0\tperson" in (folder / "corrections.tsv").read_text("utf-8")
    assert any("quyển" in line.text for line in read_holding(folder).lines[0])
    assert "quyển" in read_holding(folder).record.directives[0].text
    assert (folder / MACHINE).read_bytes() == before
    assert (folder / "raw.txt").read_bytes() == raw
    place = next(w.place for w in desk.view(letter).words() if w.text == "quyển")
    desk.decide(letter, [Asked(place, "withdraw")], seen=1)
    assert (folder / "record.json").read_bytes() == before


def test_a_record_follows_later_where_a_batch_is_at_work(review_folder: Path) -> None:
    letter = letter_in(review_folder, "scanned")
    desk = Desk(review_folder, "Lan")
    before = (review_folder / letter / "record.json").read_bytes()
    with (review_folder / LOCK).open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _change(desk, letter, "cuốn", "quyển")
        assert (review_folder / letter / "record.json").read_bytes() == before
    assert follow_all(review_folder) == [letter]
    assert "quyển" in (review_folder / letter / "text.txt").read_text("utf-8")


def test_processing_anew_keeps_what_people_decided(tmp_path: Path) -> None:
    out = make_batch(tmp_path)
    letter = letter_in(out, "hostile")
    _change(Desk(out, "Lan"), letter, "trường", "lớp")
    machine = read_machine(out / letter)
    again = ["process", str(tmp_path / "hostile.txt"), "--out", str(out), "--jobs", "1", "--quiet"]
    words = tmp_path / "words.tsv"
    words.write_text("An Bình\n", encoding="utf-8")
    done = CliRunner().invoke(main, [*again, "--dictionary", str(words)])
    assert done.exit_code == 0, done.output
    assert "lớp" in (out / letter / "text.txt").read_text("utf-8")
    assert read_machine(out / letter).pages == machine.pages


def test_writing_again_changes_no_file(review_folder: Path) -> None:
    letter = letter_in(review_folder, "scanned")
    desk = Desk(review_folder, "Lan")
    _change(desk, letter, "cuốn", "quyển")
    files = {p: p.stat().st_mtime_ns for p in (review_folder / letter).iterdir()}
    write_reviewed(review_folder, letter, desk.decisions.of_letter(letter))
    assert {p: p.stat().st_mtime_ns for p in (review_folder / letter).iterdir()} == files


@pytest.mark.parametrize(
    ("place", "verdict", "after", "code"),
    [
        ("header.date", "change", "18/9/2019", "bad_date"),
        ("header.date", "change", "2019-02-30", "bad_date"),
        ("p1.l1.c999", "confirm", "", "no_such_place"),
        ("__class__", "change", "x", "no_such_place"),
        ("header.subject", "change", "x" * 5000, "too_long"),
        ("header.subject", "change", "a\u202eb", "bad_text"),
    ],
)
def test_what_cannot_be_decided_is_refused(
    review_folder: Path, place: str, verdict: str, after: str, code: str
) -> None:
    desk = Desk(review_folder, "Lan")
    asked = [Asked(place, verdict, after)]  # type: ignore[arg-type]
    with pytest.raises(RefusedError, match=code):
        desk.decide(letter_in(review_folder, "scanned"), asked, seen=0)
    assert desk.decisions.last() == 0


def test_decisions_are_exported(review_folder: Path, tmp_path: Path) -> None:
    _change(Desk(review_folder, "Lan"), letter_in(review_folder, "scanned"), "cuốn", "quyển")
    to = tmp_path / "decisions.jsonl"
    done = CliRunner().invoke(main, ["review", str(review_folder), "--export-decisions", str(to)])
    assert done.exit_code == 0, done.output
    (line,) = to.read_text("utf-8").splitlines()
    assert '"before": "cuốn", "after": "quyển", "verdict": "change", "who": "Lan"' in line
