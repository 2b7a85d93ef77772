"""The index as people use it: what is found, in what order, what is refused."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.search_letters import letters
from pipeline.errors import CongvanError, UsageError
from pipeline.messages import message
from pipeline.record import Citation, Directive, Header, Page, Record, Signature, SourceInfo
from pipeline.search import Index, Results, connect
from pipeline.search.content import unpack
from pipeline.search.folding import forms
from pipeline.search.sqlite_file import open_index
from pipeline.search.sqlite_postings import read_letters, read_spellings
from pipeline.search.sqlite_reader import Reader
from pipeline.search.sqlite_segments import columns_of, dead_places, segments
from tests.conftest import NewIndex

CASES = Path(__file__).parent / "cases" / "search"


def record(name: str, text: str, raw: str | None = None, **fields: Any) -> Record:
    pages = text.split("\f")
    raws = (raw or text).split("\f")
    return Record(
        document_id=name,
        status="done",
        family="other",
        source=SourceInfo(path=name, sha256="", bytes=0, media_type="", pages=len(pages)),
        pages=[
            Page(number=n, text=page, raw_text=before)
            for n, (page, before) in enumerate(zip(pages, raws, strict=True), 1)
        ],
        **fields,
    )


CULTURE = record(
    "culture",
    "ĐẢNG UỶ XÃ GIA PHÚC\nSố 46-CV/ĐU\nV/v mở cửa nhà văn hoá\n"
    "1. Uỷ ban xã mở cửa nhà văn hoá mỗi chủ nhật.",
    header=Header(
        issuing_body="ĐẢNG UỶ XÃ GIA PHÚC",
        number_symbol="46-CV/ĐU",
        number="46",
        symbol="CV/ĐU",
        date="2021-03-05",
        document_type="Công văn",
        subject="mở cửa nhà văn hoá",
    ),
    directives=[Directive(marker="1.", text="Uỷ ban xã mở cửa nhà văn hoá mỗi chủ nhật.")],
    signature=Signature(position="BÍ THƯ", signer="Vũ Thị Thuỷ"),
)
DYKE = record(
    "dyke",
    "ỦY BAN NHÂN DÂN XÃ NGỌC LÝ\nSố: 7/BC-UBND\nThực hiện Công văn số 46-CV/ĐU, Quyết định số "
    "12/QĐ-UBND\f1. Tổ dân phố kiểm tra\nđê điều trước mùa lũ.\n2. Báo cáo lên xã.",
    raw="ỦY BAN NHÂN DÂN XÃ NGỌC LÝ\nSố: 7/BC-UBND\nThực hiện Công văn số 46-CV/ĐU, Quyết định số "
    "12/QĐ-UBND\f1. Tổ dân phố kiểm tra\ndé diều trước mùa lũ.\n2. Báo cáo lên xã.",
    header=Header(
        issuing_body="ỦY BAN NHÂN DÂN XÃ NGỌC LÝ",
        number_symbol="7/BC-UBND",
        date="2021-09-18",
        document_type="Báo cáo",
        subject="đê xã",
    ),
    directives=[
        Directive(marker="1.", text="Tổ dân phố kiểm tra đê điều trước mùa lũ."),
        Directive(marker="2.", text="Báo cáo lên xã."),
    ],
    signature=Signature(signer="Trần Văn Mẫu"),
    citations=[Citation(number_symbol="46-CV/ĐU"), Citation(number_symbol="12/QĐ-UBND")],
)
FLOWER = record(
    "flower",
    "UỶ BAN NHÂN DÂN XÃ AN BÌNH\nSố: 9/QĐ-UBND\nTheo Kết luận số 50-KL/TƯ\n"
    "Về hội thi bông hoa và nhà văn hoa phượng",
    raw="UỶ BAN NHÂN DÂN XÃ AN BÌNH\nSố: 9/QĐ-UBND\nTheo Kết luận số 50-KL/TƯ\n"
    "Về hội thi bóng hoạ mi và nhà văn hoa phượng",
    header=Header(
        issuing_body="UỶ BAN NHÂN DÂN XÃ AN BÌNH",
        number_symbol="9/QĐ-UBND",
        date="2022-01-30",
        document_type="Quyết định",
        subject="hội thi bông hoa",
    ),
    signature=Signature(signer="Thanh Xuân"),
    citations=[Citation(number_symbol="50-KL/TƯ")],
)


@pytest.fixture(scope="module")
def few(new_index: NewIndex) -> Iterator[Index]:
    """An index of three letters."""
    with connect(new_index()) as index:
        index.add([CULTURE, DYKE, FLOWER])
        yield index


def found(results: Results) -> list[str]:
    return list(dict.fromkeys(hit.document_id for hit in results.hits))


@pytest.mark.parametrize(
    "case",
    json.loads((CASES / "queries.json").read_text(encoding="utf-8")),
    ids=lambda case: case["says"],
)
def test_query(few: Index, case: dict[str, Any]) -> None:
    names = found(few.search(case["query"]))
    if "finds" in case:
        assert sorted(names) == case["finds"]
    if "first" in case:
        assert names[0] == case["first"]


UNREAD = record(
    "unread",
    "SỞ Y TẾ\nSố: /BC-SYT\nBáo cáo tủ thuốc thôn",
    header=Header(issuing_body="SỞ Y TẾ", document_type="Báo cáo", subject="tủ thuốc thôn"),
)


@pytest.mark.parametrize("query", ["88/BC-SYT", "88 bc syt", "số 88/BC-SYT", "số:88BCSYT"])
def test_a_number_nobody_has_may_be_one_that_was_not_read(new_index: NewIndex, query: str) -> None:
    with connect(new_index()) as index:
        index.add([CULTURE, DYKE, FLOWER, UNREAD])
        results = index.search(query)
        assert found(results) == ["unread"]
        assert results.message == message("query_number_unread")
        assert found(index.search("7/BC-UBND")) == ["dyke"]
        assert found(index.search("88/KH-SYT")) == []


def unanswerable() -> list[list[str]]:
    lines = (CASES / "unanswerable.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


@pytest.mark.parametrize(("query", "code"), unanswerable())
def test_a_query_that_makes_no_sense_gets_a_message(few: Index, query: str, code: str) -> None:
    results = few.search(query)
    assert results.total == 0
    assert results.message is not None
    assert results.message[-30:] == message(code, value="")[-30:]


def test_a_directive_is_a_hit_of_its_own(few: Index) -> None:
    hit = few.search("kind:directive đê điều").hits[0]
    assert (hit.kind, hit.marker, hit.number_symbol) == ("directive", "1.", "7/BC-UBND")
    assert hit.page == 2
    assert hit.passage.marked() == "Tổ dân phố kiểm tra «đê điều» trước mùa lũ."


def test_the_passage_says_on_which_page(few: Index) -> None:
    hit = next(h for h in few.search("de dieu").hits if h.kind == "letter")
    assert hit.page == 2
    assert "«đê điều»" in hit.passage.marked()


def test_the_passage_of_a_number(few: Index) -> None:
    hits = {h.document_id: h for h in few.search("viện dẫn:46cvđu").hits}
    assert "số «46-CV/ĐU»" in hits["dyke"].passage.marked()


def test_exact_marks_are_shown_where_there_are_some(few: Index) -> None:
    hit = few.search("văn hoa").hits[0]
    assert "«văn hoa» phượng" in hit.passage.marked()


def test_facets_count_letters(few: Index) -> None:
    facets = few.search("uỷ ban").facets
    assert facets.year == {"2021": 2, "2022": 1}
    assert facets.type == {"Công văn": 1, "Báo cáo": 1, "Quyết định": 1}
    assert sum(facets.body.values()) == 3


def test_a_body_is_one_however_it_is_written(new_index: NewIndex) -> None:
    names = (
        "ỦY BAN NHÂN DÂN XÃ GIA PHÚC",
        "UỶ BAN NHÂN DÂN XÃ GIA PHÚC",
        "Uỷ ban nhân dân xã Gia Phúc",
    )
    records = [
        record(f"from-{n}", "Đê xã", header=Header(issuing_body=name))
        for n, name in enumerate(names)
    ]
    with connect(new_index()) as index:
        index.add(records)
        assert list(index.search("đê").facets.body.values()) == [3]


def test_bodies_that_share_an_abbreviation_are_two(new_index: NewIndex) -> None:
    bodies = {"city": "THÀNH UỶ HOÀ AN", "province": "TỈNH UỶ HOÀ AN", "short": "TU HOÀ AN"}
    with connect(new_index()) as index:
        index.add(record(n, "Đê", header=Header(issuing_body=b)) for n, b in bodies.items())
        assert sorted(found(index.search('cơ quan:"thành uỷ"'))) == ["city", "short"]
        assert sorted(found(index.search('cơ quan:"tỉnh uỷ"'))) == ["province", "short"]
        assert sorted(found(index.search("cơ quan:TU"))) == ["city", "province", "short"]


def test_sort_by_date(few: Index) -> None:
    assert found(few.search("uỷ ban", sort="date")) == ["flower", "dyke", "culture"]


def test_paging_reaches_every_hit_once(new_index: NewIndex) -> None:
    with connect(new_index()) as index:
        index.add(letters(30))
        whole = index.search("kiểm tra", limit=1000)
        pages = [index.search("kiểm tra", limit=7, offset=at).hits for at in range(0, 1000, 7)]
    assert len(whole.hits) == whole.total > 7
    assert tuple(hit for page in pages for hit in page) == whole.hits


def test_less_than_all_words_is_said(few: Index) -> None:
    assert few.search("kiểm tra đê điều tàu").message == message("query_relaxed")


def test_adding_again_changes_nothing(new_index: NewIndex) -> None:
    with connect(new_index()) as index:
        index.add([CULTURE, DYKE])
        before = index.search("uỷ ban")
        again = index.add([CULTURE, DYKE])
        assert (again.indexed, again.unchanged) == (2, 2)
        assert index.search("uỷ ban") == before


def test_a_newer_record_replaces_the_older(new_index: NewIndex) -> None:
    newer = CULTURE.model_copy(update={"pages": [Page(number=1, text="mở thư viện")]})
    with connect(new_index()) as index:
        index.add([CULTURE, DYKE])
        assert index.add([newer]).unchanged == 0
        assert found(index.search("thư viện")) == ["culture"]
        assert found(index.search('"nhà văn hoá mỗi"')) == ["culture"]  # the directive stays
        assert list(index.document_ids()) == ["culture", "dyke"]
        assert index.search('"Gia Phúc số"').total == 0


def test_withdrawn_records_leave_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "i.sqlite"
    with connect(str(path)) as index:
        index.add([CULTURE, DYKE, FLOWER])
        assert index.withdraw(["dyke", "unknown"]) == 1
        assert index.search("đê điều").total == 0
        assert index.search("viện dẫn:46-CV/ĐU").total == 0
        assert list(index.document_ids()) == ["culture", "flower"]
    sound(path)


def sound(path: Path) -> None:
    """The file is whole, and its words stand just where the letters kept in it have them."""
    db = open_index(path)
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    letters = db.execute("SELECT count(*) FROM letter").fetchone()
    assert letters == db.execute("SELECT count(*) FROM kept").fetchone()
    assert Reader(db).letters == letters[0]
    assert words_indexed(db) == words_kept(db)
    db.close()


def words_kept(db: sqlite3.Connection) -> Counter[tuple[int, str, str]]:
    """How often each letter has each word, (letter, folded, exact), by what is kept of it."""
    out: Counter[tuple[int, str, str]] = Counter()
    for letter, data in db.execute("SELECT letter, content FROM kept"):
        content = unpack(data)
        texts = (content.title, content.text, content.raw)
        out.update((letter, folded, exact) for text in texts for exact, folded in forms(text))
    return out


def words_indexed(db: sqlite3.Connection) -> Counter[tuple[int, str, str]]:
    """The same by the postings."""
    out: Counter[tuple[int, str, str]] = Counter()
    words = {n: (f, s.split()) for n, f, s in db.execute("SELECT id, folded, spellings FROM word")}
    for segment in segments(db):
        of_letter = columns_of(db, segment).letter.tolist()
        dead = set(dead_places(db, segment.id))
        for number, (folded, spellings) in words.items():
            there = read_letters(db, segment.id, number)
            if there is None or folded[0] in ">@":
                continue
            row = read_spellings(db, segment.id, number)
            places = np.repeat(there.places, there.counts)
            for place, spelling in zip(places.tolist(), row.tolist(), strict=True):
                if place not in dead:
                    out[of_letter[place], folded, spellings[spelling]] += 1
    return out


def test_a_secret_letter_is_refused_unless_the_operator_insists(new_index: NewIndex) -> None:
    secret = FLOWER.model_copy(
        update={"header": FLOWER.header.model_copy(update={"secrecy": "MẬT"})}
    )
    with connect(new_index()) as index:
        index.add([FLOWER])
        added = index.add([secret, DYKE])
        assert [(r.document_id, r.code) for r in added.refused] == [("flower", "index_secret")]
        assert "flower" in added.refused[0].message
        assert index.search("hội thi").total == 0
        assert index.add([secret], allow_secret=True).indexed == 1
        assert index.search("hội thi").total == 1


def test_a_record_with_nothing_in_it_is_refused(new_index: NewIndex) -> None:
    with connect(new_index()) as index:
        assert index.add([record("blank", "\n")]).refused[0].code == "index_nothing"


def test_closing_leaves_one_file_that_can_be_copied(tmp_path: Path) -> None:
    path = tmp_path / "i.sqlite"
    with connect(str(path)) as index:
        index.add([CULTURE])
    assert [p.name for p in tmp_path.iterdir()] == ["i.sqlite"]
    copy = tmp_path / "read only" / "chỉ mục #1?.sqlite"
    copy.parent.mkdir()
    copy.write_bytes(path.read_bytes())
    copy.chmod(0o444)
    copy.parent.chmod(0o555)
    with connect(str(copy)) as index:
        assert index.search("văn hoá").total == 1
    copy.parent.chmod(0o755)


def test_searching_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="congvan index"):
        connect(str(tmp_path / "none.sqlite")).search("x")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "address", ["http://localhost:9200", "http:///letters", "https://h/Letters", "http://u:p@h/a"]
)
def test_an_address_without_a_proper_name_is_refused(address: str) -> None:
    with pytest.raises(UsageError) as error:
        connect(address)
    assert error.value.code == "index_address"


def other_database(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE t (a)")
    db.commit()
    db.close()


@pytest.mark.parametrize("kind", ["text", "other database", "folder"])
def test_what_is_no_index_is_said_and_left_alone(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.sqlite"
    if kind == "folder":
        path.mkdir()
    elif kind == "text":
        path.write_text("some letter")
    else:
        other_database(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(UsageError, match=r"x\.sqlite"):
        connect(str(path)).search("x")
    with pytest.raises(UsageError, match=r"x\.sqlite"):
        connect(str(path)).add([CULTURE])
    assert (path.read_bytes() if path.is_file() else None) == before


@pytest.mark.parametrize("change", ["PRAGMA user_version = 99", "UPDATE about SET value = 'other'"])
def test_an_index_of_another_version_asks_to_be_built_anew(tmp_path: Path, change: str) -> None:
    path = tmp_path / "i.sqlite"
    with connect(str(path)) as index:
        index.add([CULTURE])
    db = sqlite3.connect(path)
    db.execute(change)
    db.commit()
    db.close()
    with pytest.raises(UsageError) as error:
        connect(str(path)).search("văn hoá")
    assert error.value.code == "index_schema"


def test_a_damaged_index_is_said(tmp_path: Path) -> None:
    path = tmp_path / "i.sqlite"
    with connect(str(path)) as index:
        index.add(letters(20))
    data = bytearray(path.read_bytes())
    data[8192:] = b"\xff" * (len(data) - 8192)
    path.write_bytes(data)
    with pytest.raises(CongvanError) as error:
        connect(str(path)).search("kiểm tra")
    assert error.value.code == "index_damaged"


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(CongvanError) as error:
        connect(str(tmp_path / "no folder" / "i.sqlite")).add([CULTURE])
    assert error.value.code == "index_unwritable"


def test_text_for_people(few: Index) -> None:
    text = few.search("đê điều").text()
    assert "7/BC-UBND · 2021-09-18 · Báo cáo" in text
    assert "«đê điều»" in text
    assert "dyke, page 2" in text
