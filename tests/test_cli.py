"""The commands as people run them: exit codes, what goes to stdout, what is told on stderr."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import jsonschema
import pikepdf
import pytest
from click.testing import CliRunner, Result

import cli
from pipeline.messages import message
from pipeline.record import json_schema
from tests.conftest import LETTER, save_pdf

ROOT = Path(__file__).parents[1]


def run(*arguments: str | Path, stdin: str | bytes | None = None) -> Result:
    """A command in this process, in English."""
    return CliRunner().invoke(cli.main, ["--lang", "en", *map(str, arguments)], input=stdin)


def run_apart(
    *arguments: str | Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """A command as `python cli.py …` in a process of its own."""
    return subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), *map(str, arguments)],
        env={**os.environ, "LC_ALL": "C.UTF-8", **(env or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def path_without(folder: Path, *programs: str) -> str:
    """A PATH on which everything is as usual but for `programs`."""
    for place in reversed(os.environ["PATH"].split(os.pathsep)):
        for program in Path(place).glob("*") if Path(place).is_dir() else ():
            link = folder / program.name
            if program.name not in programs and not link.is_symlink():
                link.symlink_to(program)
    return str(folder)


COMMANDS = sorted(cli.main.commands)


def test_all_commands_are_there() -> None:
    expected = (
        "doctor evaluate explain export extract index learn process restore review scan search"
    )
    assert [*expected.split(), "train", "verify", "watch"] == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"Example: congvan {command}" in result.stdout


def test_version() -> None:
    assert run("--version").stdout.startswith("congvan, version ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["process"],
        ["process", "x"],
        ["process", "x", "--out", "y", "--jobs", "0"],
        ["process", "x", "--out", "y", "--existing", "perhaps"],
        ["process", "x", "--out", "y", "--max-failures", "some"],
        ["restore", "x", "--model", "klingon"],
        ["search", "x"],
        ["unheard-of"],
    ],
)
def test_wrong_usage_is_2(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stderr
    assert not result.stdout


@pytest.mark.parametrize("command", ["restore", "extract"])
def test_text_commands_tell_a_missing_file(command: str, tmp_path: Path) -> None:
    result = run(command, tmp_path / "missing.txt")
    assert result.exit_code == 1
    assert "missing.txt: no such file" in result.stderr
    assert not result.stdout


@pytest.mark.parametrize("command", ["restore", "extract"])
def test_text_commands_do_not_take_scans(command: str, scan_pdf: Path) -> None:
    result = run(command, scan_pdf)
    assert result.exit_code == 1
    assert "application/pdf" in result.stderr


@pytest.mark.parametrize("command", ["restore", "extract"])
def test_text_commands_tell_empty_input(command: str) -> None:
    result = run(command, "-", stdin="")
    assert result.exit_code == 1
    assert "empty" in result.stderr


@pytest.mark.parametrize("command", ["restore", "process"])
def test_a_word_list_that_is_not_there_is_wrong_usage(
    command: str, text_letter: Path, tmp_path: Path
) -> None:
    out = ("--out", tmp_path / "out") if command == "process" else ()
    result = run(command, text_letter, *out, "--dictionary", tmp_path / "missing.tsv")
    assert result.exit_code == 2
    assert "missing.tsv: the word list cannot be read" in result.stderr


@pytest.mark.parametrize("name", ["missing", "."])
def test_nothing_to_learn_from_is_told(name: str, tmp_path: Path) -> None:
    result = run("train", "--text", tmp_path / name, "--out", tmp_path / "model")
    assert result.exit_code in (1, 4)
    assert str(tmp_path / name) in result.stderr


@pytest.mark.parametrize("stdin", [LETTER, "một\n\n\nhai\n", "không xuống dòng"])
def test_restore_gives_a_line_for_a_line(stdin: str) -> None:
    result = run("restore", "-", stdin=stdin)
    assert result.exit_code == 0, result.stderr
    assert len(result.stdout.split("\n")) == len(stdin.removesuffix("\n").split("\n")) + 1


def test_restore_tells_every_change_as_json(text_letter: Path) -> None:
    result = run("restore", text_letter, "--json")
    assert result.exit_code == 0, result.stderr
    lines = json.loads(result.stdout)
    assert [line["raw"]["text"] for line in lines][:2] == LETTER.split("\n")[:2]
    assert all({"text", "corrections", "doubts"} <= line.keys() for line in lines)


def test_extract_gives_a_record(text_letter: Path) -> None:
    result = run("extract", text_letter)
    assert result.exit_code == 0, result.stderr
    record = json.loads(result.stdout)
    jsonschema.validate(record, json_schema())
    assert record["source"]["path"] == str(text_letter)
    assert record["header"]["number_symbol"] == "27/UBND-VX"


def test_scan_says_what_files_are_and_writes_nothing(tmp_path: Path, scan_pdf: Path) -> None:
    (tmp_path / "empty.pdf").touch()
    before = sorted(tmp_path.iterdir())
    result = run("scan", tmp_path, "--json")
    assert result.exit_code == 1
    found = {Path(f["path"]).name: f for f in json.loads(result.stdout)}
    assert found[scan_pdf.name]["media_type"] == "application/pdf"
    assert found[scan_pdf.name]["pages"] == 2
    assert found[scan_pdf.name]["problem"] is None
    assert found["empty.pdf"]["problem"] == "file_empty"
    assert sorted(tmp_path.iterdir()) == before
    table = run("scan", tmp_path)
    assert "empty.pdf" in table.stdout
    assert "0 bytes" in table.stdout


@pytest.mark.parametrize("command", ["scan", "process"])
def test_an_empty_folder_is_4(command: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    out = ("--out", tmp_path / "out") if command == "process" else ()
    result = run(command, tmp_path / "in", *out)
    assert result.exit_code == 4
    assert "no document found" in result.stderr


def test_doctor_finds_this_machine_in_order() -> None:
    result = run("doctor")
    assert result.exit_code == 0, result.stdout
    assert "tesseract" in result.stdout
    assert "poppler" in result.stdout
    checks = json.loads(run("doctor", "--json").stdout)
    assert all(check["ok"] for check in checks if check["needed"])


def test_doctor_without_programs_is_3_and_says_what_to_install(tmp_path: Path) -> None:
    path = path_without(tmp_path, "tesseract", "pdftoppm", "pdftotext")
    result = run_apart("doctor", env={"PATH": path})
    assert result.returncode == 3
    assert "sudo apt-get install tesseract-ocr tesseract-ocr-vie" in result.stdout
    assert "sudo apt-get install poppler-utils" in result.stdout
    assert "tesseract" in result.stderr


@pytest.mark.parametrize(
    ("program", "command"),
    [
        ("tesseract", "sudo apt-get install tesseract-ocr tesseract-ocr-vie"),
        ("pdftoppm", "sudo apt-get install poppler-utils"),
    ],
)
def test_process_without_a_program_is_3_and_says_what_to_install(
    program: str, command: str, tmp_path: Path, scan_pdf: Path
) -> None:
    (tmp_path / "bin").mkdir()
    path = path_without(tmp_path / "bin", program)
    result = run_apart("process", scan_pdf, "--out", tmp_path / "out", env={"PATH": path})
    assert result.returncode == 3
    assert command in result.stderr
    assert "Traceback" not in result.stderr


def test_messages_in_vietnamese(tmp_path: Path) -> None:
    asked = run_apart("--lang", "vi", "scan", tmp_path / "x.pdf")
    by_locale = run_apart("scan", tmp_path / "x.pdf", env={"LC_ALL": "vi_VN.UTF-8"})
    assert "không có tệp" in asked.stdout + asked.stderr
    assert by_locale.stdout == asked.stdout
    assert asked.returncode == by_locale.returncode == 1


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path, text_letter: Path) -> None:
    for n in range(300):
        (tmp_path / f"copy-{n}.txt").write_text(f"{LETTER}{n}", encoding="utf-8")
    scan = subprocess.Popen(
        [sys.executable, str(ROOT / "cli.py"), "scan", "--json", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert scan.stdout is not None
    scan.stdout.read(1)
    scan.stdout.close()
    assert scan.stderr is not None
    told = scan.stderr.read()
    scan.wait(60)
    assert told == b""
    assert text_letter.exists()


# --- a batch with everything in it ------------------------------------------------------------


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Good documents, the same one twice, and every kind of bad input."""
    folder = tmp_path_factory.mktemp("batch") / "in"
    folder.mkdir()
    good = save_pdf(folder / "good.pdf", LETTER)
    (folder / "letter.txt").write_text(LETTER, encoding="utf-8")
    (folder / "letter again.txt").write_text(LETTER, encoding="utf-8")
    (folder / "cut.pdf").write_bytes(good.read_bytes()[:2000])
    (folder / "empty.png").touch()
    (folder / "noise.pdf").write_bytes(bytes(range(256)) * 20)
    (folder / "new\nline.txt").write_text("")
    with pikepdf.open(good) as pdf:
        pdf.save(folder / "locked.pdf", encryption=pikepdf.Encryption(user="x", owner="x"))
    return folder


@pytest.fixture(scope="module")
def outbox(inbox: Path) -> Path:
    """Where the batch of `inbox` has gone."""
    return inbox.parent / "out"


@pytest.fixture(scope="module")
def first(inbox: Path, outbox: Path) -> Result:
    """The first run over `inbox`."""
    return run("process", inbox, inbox / "missing.pdf", "--out", outbox, "--jobs", "2", "--json")


def test_bad_files_are_told_and_the_others_done(first: Result, inbox: Path) -> None:
    assert first.exit_code == 1
    told = first.stderr.splitlines()
    for start in (
        f"{inbox}/cut.pdf: the PDF is damaged or cut off",
        f"{inbox}/empty.png: the file is empty",
        f"{inbox}/noise.pdf: not a PDF",
        f"{inbox}/locked.pdf: the PDF is protected by a password",
        f"{inbox}/missing.pdf: no such file",
        f"{inbox}/new\\nline.txt: the file is empty",
    ):
        assert sum(line.startswith(start) for line in told) == 1, start
    assert "Traceback" not in first.stderr


def test_every_file_has_a_result(first: Result, inbox: Path, outbox: Path) -> None:
    results = {Path(r["path"]).name: r for r in map(json.loads, first.stdout.splitlines())}
    assert set(results) == {p.name for p in inbox.iterdir()} | {"missing.pdf"}
    statuses = {name: r["status"] for name, r in results.items()}
    failed = {"cut.pdf", "empty.png", "noise.pdf", "locked.pdf", "missing.pdf", "new\nline.txt"}
    assert {name for name, status in statuses.items() if status == "failed"} == failed
    assert sorted([statuses["letter.txt"], statuses["letter again.txt"]])[-1] != "failed"
    assert list(statuses.values()).count("duplicate") == 1
    assert results["letter.txt"]["document_id"] == results["letter again.txt"]["document_id"]
    summary = json.loads((outbox / "summary.json").read_text(encoding="utf-8"))
    assert summary["by_status"]["failed"] == 6
    assert summary["unsettled"] == 0


@pytest.mark.usefixtures("first")
def test_outputs_are_whole(outbox: Path) -> None:
    folders = [p for p in outbox.iterdir() if p.is_dir()]
    assert len(folders) == 2
    for folder in folders:
        record = json.loads((folder / "record.json").read_text(encoding="utf-8"))
        jsonschema.validate(record, json_schema())
        assert record["document_id"] == folder.name
        assert {"text.txt", "raw.txt", "corrections.tsv"} <= {p.name for p in folder.iterdir()}
    assert not (outbox / ".congvan-tmp").exists()


@pytest.mark.usefixtures("first")
def test_the_second_run_changes_nothing(inbox: Path, outbox: Path) -> None:
    before = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in outbox.rglob("*") if p.is_file()}
    again = run("process", inbox, "--out", outbox)
    assert again.exit_code == 1
    assert "worked on now 0" in again.stderr
    after = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in outbox.rglob("*") if p.is_file()}
    for name in ("summary.json", "summary.html"):  # the missing file was not asked for again
        del before[outbox / name], after[outbox / name]
    assert after == before


@pytest.mark.usefixtures("first")
def test_letters_are_found_by_number_and_words(outbox: Path, tmp_path: Path) -> None:
    target = tmp_path / "letters.sqlite"
    indexed = run("index", outbox, "--to", target)
    assert indexed.exit_code == 0, indexed.stderr
    for query in ("27/UBND-VX", "ngày hội đọc sách", "ngay hoi doc sach"):
        found = run("search", query, "--in", target)
        assert found.exit_code == 0, found.stderr
        assert "27/UBND-VX" in found.stdout
    assert run("search", "tàu vũ trụ", "--in", target).exit_code == 4
    json.loads(run("search", "đọc sách", "--in", target, "--json").stdout)


@pytest.mark.usefixtures("first")
def test_what_is_not_found_is_said_once(outbox: Path, tmp_path: Path) -> None:
    target = tmp_path / "letters.sqlite"
    run("index", outbox, "--to", target)
    nothing = run("search", "tàu vũ trụ", "--in", target, "--json")
    assert json.loads(nothing.stdout)["hits"] == []
    assert nothing.stderr == f"{message('nothing_found', query='tàu vũ trụ')}\n"
    beyond = run("search", "đọc sách", "--in", target, "--page", "9")
    assert (beyond.exit_code, beyond.stdout) == (4, "")
    assert beyond.stderr == f"{message('results_beyond', total=2)}\n"
    no_day = run("search", "ngày:qua", "--in", target)
    assert (no_day.exit_code, no_day.stderr) == (4, f"{message('query_date', value='qua')}\n")


@pytest.mark.usefixtures("first")
@pytest.mark.parametrize("query", ["-đê", "-loại:QĐ", "-ngày:2019", '-"máy bay" sách'])
def test_a_query_may_begin_with_not(outbox: Path, tmp_path: Path, query: str) -> None:
    target = tmp_path / "letters.sqlite"
    run("index", outbox, "--to", target)
    found = run("search", query, "--in", target)
    assert (found.exit_code, "27/UBND-VX" in found.stdout) == (0, True), found.stderr
    assert run("search", "sách", "--in", target, "--limt", "3").exit_code == 2
    assert run("search", "-h").stdout.startswith("Usage")


def test_an_index_of_nothing_is_4(tmp_path: Path) -> None:
    result = run("index", tmp_path, "--to", tmp_path / "letters.sqlite")
    assert result.exit_code == 4
    assert "congvan process" in result.stderr


@pytest.mark.parametrize("arguments", [("--lang", "vi", "scan"), ("scan", "--lang=vi")])
def test_the_language_may_stand_before_or_behind_the_command(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    result = CliRunner().invoke(cli.main, [*arguments, str(tmp_path / "missing.pdf")])
    assert "không có tệp" in result.output
