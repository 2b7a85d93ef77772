"""Records scored against truth folders: fields, lists, flags, which record belongs to which."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pipeline.errors import CongvanError
from pipeline.evaluate import evaluate
from pipeline.evaluate.fields import normal, same, score_fields

SHARED = Path(__file__).parents[1].parent / "shared"
TRUTH: dict[str, Any] = {
    "header": {"number_symbol": "46-CV/ĐU", "date": "2021-03-05", "subject": "mở nhà văn hoá"},
    "recipients": ["Các chi bộ trực thuộc", "Uỷ ban nhân dân xã"],
    "directives": [{"marker": "1.", "text": "Mở cửa mỗi chủ nhật từ 7 giờ sáng."}],
    "signature": {"signer": "Vũ Thị Thuỷ"},
    "citations": [{"number_symbol": "7-KL/HU", "date": "2020-01-02"}],
}


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("Về việc mở nhà văn hoá", "mở nhà văn hóa.", True),
        ("V/v: mở  cửa", "mở cửa", True),
        ("- Như trên;", "như trên", True),
        ("46-CV/ĐU", "46/CV-ĐU", False),
        (None, None, True),
        (None, "", False),
        ("2021-03-05", "2021-03-06", False),
    ],
)
def test_values_are_compared_in_normal_form(
    one: str | None, other: str | None, equal: bool
) -> None:
    assert same(one, other) == same(other, one) == equal


def test_normal_form_of_a_date_is_itself() -> None:
    assert normal("2021-03-05") == "2021-03-05"


def changed(**changes: Any) -> dict[str, Any]:
    return {**json.loads(json.dumps(TRUTH)), **changes}


def test_a_right_record_has_everything_right() -> None:
    scores = score_fields(TRUTH, TRUTH)
    assert {s.f1 for name, s in scores.items() if s.truth} == {1.0}
    assert not any(s.letters_wrong for s in scores.values())


def test_an_empty_record_has_nothing_right() -> None:
    scores = score_fields({}, TRUTH)
    assert {s.f1 for name, s in scores.items() if s.truth} == {0.0}
    assert sum(s.unflagged for s in scores.values()) == 7  # the list citations counts once


def test_lists_are_scored_by_what_both_have() -> None:
    given = ["Uỷ ban nhân dân xã", "Uỷ ban nhân dân xã", "Trạm y tế"]
    score = score_fields(changed(recipients=given), TRUTH)["recipients"]
    assert (score.right, score.given, score.truth) == (1, 3, 2)
    assert score.f1 == pytest.approx(2 / 5)


def test_a_paragraph_may_have_a_letter_wrong_and_a_number_may_not() -> None:
    near = [{"marker": "1.", "text": "Mở cửa mỗi chủ nhật từ 7 giờ sáng"}]
    assert score_fields(changed(directives=near), TRUTH)["directives"].f1 == 1
    other = [{"marker": "2.", "text": "Mở cửa."}]
    assert score_fields(changed(directives=other), TRUTH)["directives"].f1 == 0
    cited = [{"number_symbol": "7-KL/TU", "date": "2020-01-02"}]
    assert score_fields(changed(citations=cited), TRUTH)["citations"].f1 == 0


def test_a_cited_date_counts_in_its_own_figure() -> None:
    cited = [{"number_symbol": "7-KL/HU", "date": None}]
    scores = score_fields(changed(citations=cited), TRUTH)
    assert scores["citations"].f1 == 1
    assert scores["citations+date"].f1 == 0
    assert scores["citations+date"].unflagged == 1


@pytest.mark.parametrize(
    ("where", "silent"),
    [("header.date", 0), ("header.number_symbol", 1), ("recipients", 1), ("page 1", 1)],
)
def test_a_wrong_field_that_a_flag_names_is_not_silent(where: str, silent: int) -> None:
    header = {**TRUTH["header"], "date": "2021-03-06"}
    flags = [{"code": "x", "message": "", "where": where}]
    score = score_fields(changed(header=header, flags=flags), TRUTH)["header.date"]
    assert (score.right, score.letters_wrong, score.unflagged) == (0, 1, silent)
    assert score.cost == 1 + silent  # nobody looks for an error that no flag names


def truth_folder(gold: Path, name: str, page: str, scan: bytes = b"scan") -> None:
    folder = gold / name
    folder.mkdir(parents=True)
    (folder / "page-1.txt").write_text(page, encoding="utf-8")
    (folder / "letter.json").write_text(json.dumps(TRUTH), encoding="utf-8")
    (folder / "source.pdf").write_bytes(scan)


def write_record(out: Path, name: str, text: str, **source: Any) -> None:
    folder = out / name
    folder.mkdir(parents=True)
    pages = [{"text": text, "raw_text": text}]
    data = {"source": {"path": "x.pdf", "sha256": "", **source}, "pages": pages, **TRUTH}
    (folder / "record.json").write_text(json.dumps(data), encoding="utf-8")


@pytest.mark.parametrize(
    "place",
    [
        lambda out: write_record(out, "dyke", "đê điều"),
        lambda out: write_record(out, "a-1", "đê điều", sha256=hashlib.sha256(b"scan").hexdigest()),
        lambda out: write_record(out, "a-1", "đê điều", path="in/dyke/source.pdf"),
        lambda out: write_record(out, "a-1", "đê điều", path="in/dyke"),
    ],
    ids=["by folder", "by hash", "by path of the scan", "by path of a group"],
)
def test_the_record_of_a_letter_is_found(tmp_path: Path, place: Callable[[Path], None]) -> None:
    truth_folder(tmp_path / "gold", "dyke", "đê điều")
    write_record(tmp_path / "out", "a-0", "khác")
    place(tmp_path / "out")
    letter = evaluate(tmp_path / "gold", tmp_path / "out").letters[0]
    assert letter.record is not None
    assert letter.text.now.syllable_error_rate == 0


def test_a_group_of_images_is_found_by_the_hash_of_hashes(tmp_path: Path) -> None:
    truth_folder(tmp_path / "gold", "dyke", "đê điều")
    (tmp_path / "gold" / "dyke" / "source.pdf").unlink()
    hashes = []
    for number in (1, 2, 10):
        data = f"image {number}".encode()
        (tmp_path / "gold" / "dyke" / f"source-{number}.jpg").write_bytes(data)
        hashes.append(hashlib.sha256(data).hexdigest())
    digest = hashlib.sha256("\n".join(hashes).encode()).hexdigest()
    write_record(tmp_path / "out", "a-1", "đê điều", sha256=digest)
    assert evaluate(tmp_path / "gold", tmp_path / "out").letters[0].record is not None


def test_pages_are_read_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    truth_folder(tmp_path / "gold", "dyke", "một")
    for number, text in ((2, "hai"), (10, "mười")):
        path = tmp_path / "gold" / "dyke" / f"page-{number}.txt"
        path.write_text(text, encoding="utf-8")
    write_record(tmp_path / "out", "dyke", "một\nhai\nmười")
    scores = evaluate(tmp_path / "gold", tmp_path / "out")
    assert scores.text.now.errors == 0


def test_a_letter_without_record_counts_as_read_empty(tmp_path: Path) -> None:
    truth_folder(tmp_path / "gold", "dyke", "đê điều")
    (tmp_path / "out").mkdir()
    scores = evaluate(tmp_path / "gold", tmp_path / "out")
    assert scores.text.now.syllable_error_rate == 1
    assert scores.header == 0
    assert "dyke (no record)" in scores.table()
    assert scores.to_json()["letters"][0]["record"] is None


def test_scores_as_a_table_and_as_data(tmp_path: Path) -> None:
    truth_folder(tmp_path / "gold", "dyke", "đê điều")
    truth_folder(tmp_path / "gold", "hill", "đồi chè", b"other")
    write_record(tmp_path / "out", "dyke", "đê điều")
    write_record(tmp_path / "out", "hill", "đồi che")
    scores = evaluate(tmp_path / "gold", tmp_path / "out")
    assert scores.text.now.syllable_error_rate == pytest.approx(1 / 4)
    data = scores.to_json()
    assert json.loads(json.dumps(data)) == data
    assert data["text"]["marks_back"] == pytest.approx(6 / 7, abs=1e-4)
    assert (data["header"], data["wrong_without_flag"]) == (1.0, 0)
    for row in ("dyke", "hill", "all", "header.date", "citations+date"):
        assert any(line.startswith(row) for line in scores.table().splitlines())


def test_folders_that_are_not_there_are_said(tmp_path: Path) -> None:
    with pytest.raises(CongvanError, match="gold"):
        evaluate(tmp_path / "gold", tmp_path)
    with pytest.raises(CongvanError, match=r"page-1\.txt"):
        evaluate(tmp_path, tmp_path)


def test_a_broken_record_is_said(tmp_path: Path) -> None:
    truth_folder(tmp_path / "gold", "dyke", "đê điều")
    write_record(tmp_path / "out", "dyke", "")
    (tmp_path / "out" / "dyke" / "record.json").write_text("{", encoding="utf-8")
    with pytest.raises(CongvanError, match=r"record\.json"):
        evaluate(tmp_path / "gold", tmp_path / "out")


def spoiled(text: str, chance: Random, share: float) -> str:
    words = text.split(" ")
    return " ".join(
        chance.choice(["", word + "x", f"{word} và", word[::-1]])
        if chance.random() < share
        else word
        for word in words
    )


def spoiled_letter(truth: dict[str, Any], chance: Random) -> dict[str, Any]:
    """The truth with fields lost, list entries lost and paragraphs misread."""
    out: dict[str, Any] = {}
    for name, value in truth.items():
        if isinstance(value, dict):
            out[name] = {k: v if chance.random() < 0.8 else None for k, v in value.items()}
        elif isinstance(value, list):
            kept = [v for v in value if chance.random() < 0.9]
            out[name] = [spoiled(v, chance, 0.02) if isinstance(v, str) else v for v in kept]
    return out


@pytest.mark.shared
def test_agrees_with_the_reference_scorer(tmp_path: Path) -> None:
    tool, gold = SHARED / "tools" / "eval_scans.py", SHARED / "gold" / "dev"
    if not tool.exists():
        pytest.skip("../shared with the reference scorer is not there")
    chance = Random(1)
    for folder in sorted(gold.iterdir())[1:]:  # the first has no record
        texts = [p.read_text(encoding="utf-8") for p in sorted(folder.glob("page-*.txt"))]
        spoil = ((spoiled(t, chance, 0.05), spoiled(t, chance, 0.12)) for t in texts)
        record: dict[str, Any] = {"pages": [{"text": t, "raw_text": r} for t, r in spoil]}
        truth = folder / "letter.json"
        if truth.exists():
            letter = json.loads(truth.read_text(encoding="utf-8"))
            record |= spoiled_letter({k: v for k, v in letter.items() if k != "pages"}, chance)
        (tmp_path / folder.name).mkdir()
        (tmp_path / folder.name / "record.json").write_text(json.dumps(record), encoding="utf-8")
    check_against(tool, gold, tmp_path)


def check_against(tool: Path, gold: Path, out: Path) -> None:
    command = [sys.executable, str(tool), str(gold), str(out)]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    lines = run.stdout.splitlines()
    reference = json.loads(lines[-1])
    scores = evaluate(gold, out)
    now = scores.text.now
    assert now.words == reference["words"]
    assert now.syllable_error_rate == pytest.approx(reference["ser"], abs=5e-5)
    assert now.bag_error == pytest.approx(reference["free"], abs=5e-5)
    assert (scores.text.helped, scores.text.hurt) == (reference["helped"], reference["hurt"])
    assert scores.header == pytest.approx(reference["header"], abs=5e-5)
    assert scores.lists == pytest.approx(reference["lists_f1"], abs=5e-5)
    for name, score in scores.fields.items():
        counts = f"({score.right} of {score.truth}, {score.given} given)"
        assert any(line.startswith(f"{name} ") and counts in line for line in lines)
