"""The examples of the README do what they say."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import click
import pytest
import regex
from click.testing import CliRunner

import cli
from tests.conftest import LETTER, draw_page

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.vi.md")


def examples(readme: str) -> list[list[str]]:
    """The arguments of each `congvan …` line in the code blocks, without redirections."""
    text = (ROOT / readme).read_text(encoding="utf-8")
    blocks = regex.findall(r"^```sh\n(.*?)^```", text, regex.DOTALL | regex.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines()]
    split = [shlex.split(line, comments=True) for line in lines if line.startswith("congvan ")]
    return [line[1 : line.index(">")] if ">" in line else line[1:] for line in split]


@pytest.mark.parametrize("readme", READMES)
def test_shows_every_command(readme: str) -> None:
    assert {example[0] for example in examples(readme)} == set(cli.main.commands)


@pytest.mark.parametrize("readme", READMES)
def test_shows_options_that_exist(readme: str) -> None:
    # With the group's settings: commands keep the options for help that they are first asked with.
    congvan = click.Context(cli.main, **cli.main.context_settings)
    for name, *arguments in examples(readme):
        cli.main.commands[name].make_context(name, list(arguments), parent=congvan)


def test_examples_work_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("old-ocr.txt", "clean.txt", "gold/letter/page-1.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(LETTER, encoding="utf-8")
    (tmp_path / "gold/letter/letter.json").write_text(json.dumps({"recipients": []}))
    (tmp_path / "inbox").mkdir()
    (tmp_path / "scans").mkdir()
    draw_page(LETTER).save(tmp_path / "scans/letter.png", dpi=(150, 150))
    ends = {  # what would go on until it is interrupted
        "watch": ["--once", "--settle", "0"],
        "review": ["--export-decisions", "decisions.jsonl"],
    }
    for example in examples("README.md"):
        if example[0] != "train":  # a model needs more text than this
            asked = ["--lang", "en", *example, *ends.get(example[0], [])]
            result = CliRunner().invoke(cli.main, asked)
            nothing = 4 if example[0] in ("search", "learn") else 0
            assert result.exit_code in (0, nothing), (example, result.stderr)
