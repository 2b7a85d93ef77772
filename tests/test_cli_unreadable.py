"""What a person who is not root may not read is told in one line; the others go on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from click.testing import CliRunner

from cli import main
from pipeline.errors import ExitCode

NOBODY = 65534


@contextmanager
def not_as_root() -> Iterator[None]:
    """Without root's right to read everything, also for `os.access`, which asks the real user."""
    if os.geteuid() != 0:
        yield
        return
    os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that everybody may enter, with a letter, a locked file and a locked folder."""
    with TemporaryDirectory() as name:
        root = Path(name)
        for path in (root / "open.txt", root / "locked.txt", root / "inner" / "letter.txt"):
            path.parent.mkdir(exist_ok=True)
            path.write_text("Kính gửi: Sở Nội vụ\n", encoding="utf-8")
        (root / "locked.txt").chmod(0)
        (root / "inner").chmod(0)
        root.chmod(0o755)
        yield root
        (root / "inner").chmod(0o755)


@pytest.mark.parametrize("locked", ["locked.txt", "inner"])
def test_a_locked_path_is_told_and_the_others_go_on(folder: Path, locked: str) -> None:
    runner = CliRunner()
    runner.invoke(main, ["scan", str(folder / "open.txt")])  # loads what root alone may load
    with not_as_root():
        result = runner.invoke(main, ["scan", str(folder / locked), str(folder / "open.txt")])
    assert result.exit_code == ExitCode.SOME_FAILED
    assert "cannot be read" in result.stdout
    assert "open.txt" in result.stdout


def test_a_locked_text_is_no_wrong_usage(folder: Path) -> None:
    runner = CliRunner()
    runner.invoke(main, ["restore", str(folder / "open.txt")])
    with not_as_root():
        result = runner.invoke(main, ["restore", str(folder / "locked.txt")])
    assert result.exit_code == ExitCode.SOME_FAILED
    assert "cannot be read" in result.stderr
