"""A disk that fills up in the middle of a batch, for real: a small file system of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.batch.run import Order, run_batch
from pipeline.settings import Settings
from tests.conftest import LETTER, save_pdf
from tests.test_batch_run import ROOT, outputs

MEGABYTES = 72

# In a mount namespace, which ends with the shell: a disk, a run, another program that fills the
# disk as soon as the first document is done, then room again and the same command.
SCRIPT = f"""
set -e
mount -t tmpfs -o size={MEGABYTES}m tmpfs disk
run() {{ "$1" "$2" process in --out disk/out --jobs 1; }}
(while ! ls disk/out/*/record.json >/dev/null 2>&1; do sleep 0.1; done
 dd if=/dev/zero of=disk/filler bs=1M count={MEGABYTES} 2>/dev/null || true) &
code=0; run "$@" 2>told-full || code=$?
echo $code >code-full
wait
ls -A disk/out >left-full
for folder in disk/out/*/; do test -e "$folder/record.json"; test -e "$folder/text.txt"; done
rm disk/filler
code=0; run "$@" 2>told-again || code=$?
echo $code >code-again
cp -r disk/out copy
"""


def test_a_run_stops_when_the_disk_is_full_and_continues_when_it_is_not(tmp_path: Path) -> None:
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine does not let us mount a disk of our own")
    (tmp_path / "disk").mkdir()
    inbox = tmp_path / "in"
    inbox.mkdir()
    (inbox / "a.txt").write_text(LETTER, encoding="utf-8")
    save_pdf(inbox / "b.pdf", *[f"Trang {n}\n{LETTER}" for n in range(4)])
    subprocess.run(
        ["unshare", "-rm", "sh", "-c", SCRIPT, "sh", sys.executable, str(ROOT / "cli.py")],
        cwd=tmp_path,
        check=True,
    )
    assert (tmp_path / "code-full").read_text() == "1\n"
    told = (tmp_path / "told-full").read_text(encoding="utf-8")
    assert "no space left; free some and run the same command again" in told
    assert "Traceback" not in told
    assert ".congvan-tmp" not in (tmp_path / "left-full").read_text()
    assert (tmp_path / "code-again").read_text() == "0\n", (tmp_path / "told-again").read_text()

    calm = tmp_path / "calm"
    assert run_batch(Order((inbox,), calm, Settings(), 1)).exit_code == 0
    assert without_paths(outputs(tmp_path / "copy")) == without_paths(outputs(calm))


def without_paths(files: dict[str, bytes]) -> dict[str, bytes]:
    """Outputs of two runs that were given the inbox by different names."""
    return {
        name: data for name, data in files.items() if not name.endswith(("record.json", ".html"))
    }
