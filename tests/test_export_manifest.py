"""The manifest: what others check it with accepts it; whatever happens to a delivery is told."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import DocumentError
from pipeline.export.manifest import MANIFEST, Verdict, verify, write_manifest


def delivery(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    write_manifest(folder, names)
    return folder


def test_sha256sum_accepts_it(tmp_path: Path) -> None:
    if not shutil.which("sha256sum"):
        pytest.skip("sha256sum is not on this machine: apt-get install coreutils")
    folder = delivery(tmp_path, "pdfa/1046-CV-TU.pdf", "alto/số 7/page-001.xml", "mục lục.xlsx")
    command = ["sha256sum", "--check", "--strict", MANIFEST]
    assert subprocess.run(command, cwd=folder, capture_output=True).returncode == 0
    (folder / "mục lục.xlsx").write_bytes(b"")
    assert subprocess.run(command, cwd=folder, capture_output=True).returncode == 1


def test_the_manifest_of_sha256sum_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a")
    digest = "CA978112CA1BBDCAFAC231B39A23DC4DA786EFF8147C4E72B9807785AFEE48BB"
    (tmp_path / MANIFEST).write_bytes(f"{digest} *a.txt\r\n".encode())
    assert verify(tmp_path) == Verdict(good=1)


def test_every_kind_of_tampering_is_told(tmp_path: Path) -> None:
    folder = delivery(tmp_path, "a", "b", "c", "d/e")
    (folder / "a").write_bytes(b"A")
    (folder / "b").unlink()
    (folder / "c").rename(folder / "f")
    (folder / "d" / ".hidden").write_bytes(b"")
    (folder / "d" / MANIFEST).write_bytes(b"")
    found = verify(folder)
    assert (found.good, found.changed, found.missing) == (1, ["a"], ["b", "c"])
    assert found.unlisted == ["d/.hidden", f"d/{MANIFEST}", "f"]
    assert not found.holds


def test_delivering_again_does_not_vouch_for_what_was_changed_or_added(tmp_path: Path) -> None:
    folder = delivery(tmp_path, "alto/a.xml", "alto/b.xml")
    (folder / "alto/a.xml").write_bytes(b"changed by somebody")
    (folder / "alto/c.xml").write_bytes(b"laid there by somebody")
    delivery(tmp_path, "pdfa/a.pdf")
    found = verify(folder)
    assert (found.changed, found.unlisted, found.good) == (["alto/a.xml"], ["alto/c.xml"], 2)


@pytest.mark.parametrize(
    "row",
    [b"no hash", b"0123  short", b"\xff\xfe", b"0" * 64 + b"  /etc/passwd",
     b"0" * 64 + b"  ../out.txt", b"0" * 64 + b"  "],
)  # fmt: skip
def test_a_manifest_that_is_none_is_told(tmp_path: Path, row: bytes) -> None:
    (tmp_path / MANIFEST).write_bytes(row + b"\n")
    with pytest.raises(DocumentError) as error:
        verify(tmp_path)
    assert error.value.code == "manifest_damaged"
    with pytest.raises(DocumentError):
        write_manifest(tmp_path, [])


def test_a_folder_without_a_manifest_is_told(tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as error:
        verify(tmp_path)
    assert error.value.code == "file_missing"


NAMES = st.text(
    st.sampled_from("aế %\n\r\x0b\x85\u2028*\\25\x1c") | st.characters(codec="utf-8"),
    min_size=1,
    max_size=12,
).filter(lambda name: not set(name) & {"/", "\0"} and name not in (".", ".."))


@given(st.sets(NAMES, min_size=1, max_size=4))
def test_any_name_a_file_can_have_comes_back(
    tmp_path_factory: pytest.TempPathFactory, names: set[str]
) -> None:
    folder = delivery(tmp_path_factory.mktemp("m"), *names)
    found = verify(folder)
    assert found.holds
    assert found.good == len(names)
