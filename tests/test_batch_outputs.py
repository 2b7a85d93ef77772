from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from pipeline.batch.outputs import (
    claimed,
    holds_document,
    temporary_folder,
    write_document,
    write_file,
)
from pipeline.errors import UsageError


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if not p.name.startswith("."))


def test_writes_and_replaces_a_document_whole(tmp_path: Path) -> None:
    write_document(tmp_path, "a-1", {"record.json": "{}", "page.png": b"\x89PNG"})
    assert (tmp_path / "a-1" / "page.png").read_bytes() == b"\x89PNG"
    assert holds_document(tmp_path, "a-1")
    write_document(tmp_path, "a-1", {"record.json": "{ }"})
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

    write_document(tmp_path, "a-1", {"record.json": "old"})
    with pytest.raises(OSError, match="disk full"):
        write_document(tmp_path, "a-1", Broken())
    assert (tmp_path / "a-1" / "record.json").read_text() == "old"


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
