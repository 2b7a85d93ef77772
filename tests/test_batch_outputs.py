from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from pipeline.batch.outputs import (
    claimed,
    folders_by_content,
    holds_document,
    temporary_folder,
    write_documents,
    write_file,
)
from pipeline.errors import UsageError


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if not p.name.startswith("."))


def test_writes_and_replaces_a_document_whole(tmp_path: Path) -> None:
    write_documents(tmp_path, {"a-1": {"record.json": "{}", "page.png": b"\x89PNG"}})
    assert (tmp_path / "a-1" / "page.png").read_bytes() == b"\x89PNG"
    assert holds_document(tmp_path, "a-1")
    write_documents(tmp_path, {"a-1": {"record.json": "{ }"}})
    assert names(tmp_path / "a-1") == ["record.json"]
    assert (tmp_path / "a-1" / "record.json").read_text() == "{ }"
    assert not list(temporary_folder(tmp_path).iterdir())


def test_a_document_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    class Broken(Mapping[str, str]):
        def __getitem__(self, name: str) -> str:
            if name == "text.txt":
                raise OSError("disk full")
            return "new"

        def __iter__(self) -> Iterator[str]:
            return iter(("record.json", "text.txt"))

        def __len__(self) -> int:
            return 2

    write_documents(tmp_path, {"a-1": {"record.json": "old"}})
    with pytest.raises(OSError, match="disk full"):
        write_documents(tmp_path, {"a-0": {"record.json": "new"}, "a-1": Broken()})
    assert (tmp_path / "a-1" / "record.json").read_text() == "old"
    assert names(tmp_path) == ["a-1"]


def test_letters_take_the_place_of_former_ones(tmp_path: Path) -> None:
    whole = {"a-0123456789ab": {"record.json": "whole"}}
    parts = {f"a-0123456789ab-p00{n}": {"record.json": f"part {n}"} for n in (1, 3)}
    write_documents(tmp_path, {"b-ba9876543210": {"record.json": "other"}})
    for letters in (parts, whole, parts):
        former = folders_by_content(tmp_path).get("0123456789ab", [])
        write_documents(tmp_path, letters, former)
        assert names(tmp_path) == [*letters, "b-ba9876543210"]


@pytest.mark.parametrize("moved", range(4))
def test_letters_that_were_ready_when_the_run_was_killed_appear_all(
    moved: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = {f"a-0123456789ab-p00{n}": {"record.json": f"part {n}"} for n in (1, 2, 3)}
    write_documents(tmp_path, {"a-0123456789ab": {"record.json": "whole"}, "a-x": {"f": ""}})
    swaps = iter(range(10))

    def killed(aside: Path, target: Path) -> None:
        if next(swaps) == moved:
            raise KeyboardInterrupt
        aside.rename(target)

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.batch.outputs._swap", killed)
        if moved < 3:
            with pytest.raises(KeyboardInterrupt):
                write_documents(tmp_path, parts, ["a-0123456789ab"])
        else:
            write_documents(tmp_path, parts, ["a-0123456789ab"])
    with claimed(tmp_path):
        assert names(tmp_path) == [*parts, "a-x"]


def test_leftovers_of_a_killed_run_are_swept_away(tmp_path: Path) -> None:
    leftover = temporary_folder(tmp_path) / "a-1.123" / "record.json"
    leftover.parent.mkdir(parents=True)
    leftover.write_text("{")
    with claimed(tmp_path):
        assert not leftover.exists()
    assert not temporary_folder(tmp_path).exists()


def test_two_runs_refuse_each_other(tmp_path: Path) -> None:
    with claimed(tmp_path), pytest.raises(UsageError) as caught, claimed(tmp_path):
        pass
    assert caught.value.code == "folder_busy"
    with claimed(tmp_path):
        pass


def test_an_output_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError) as caught, claimed(tmp_path / "file" / "out"):
        pass
    assert caught.value.code == "folder_unwritable"


def test_an_unchanged_file_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "summary.json"
    write_file(path, "{}\n")
    before = path.stat()
    write_file(path, "{}\n")
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    write_file(path, "{ }\n")
    assert path.read_text() == "{ }\n"
    assert names(tmp_path) == ["summary.json"]
