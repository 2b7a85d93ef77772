"""The samples: their truth is what their sources say, their scans are what scans.toml says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import pytest
import regex
from PIL import Image

from benchmarks.page_simulator import fonts
from benchmarks.page_simulator.typeset import PageStyle
from samples.containers import write_image, write_pdf, write_tiff
from samples.letter import SampleLetter, read_letter
from samples.render import HERE, ScanPlan, main, read_plans, scans

PLANS = read_plans()
NAMES = sorted(PLANS)
needs_fonts = pytest.mark.skipif(
    not {plan.font for plan in PLANS.values()} <= set(fonts.installed_families()),
    reason="typefaces missing: apt-get install fonts-texgyre fonts-liberation2 fonts-freefont-ttf",
)


def folder(name: str) -> Path:
    return HERE / "scans" / name


def letter(name: str) -> SampleLetter:
    return read_letter(HERE / "letters" / f"{PLANS[name].letter}.toml")


def truth(name: str) -> dict[str, Any]:
    data = json.loads((folder(name) / "letter.json").read_text(encoding="utf-8"))
    assert isinstance(data, dict)
    return data


def page_text(name: str) -> str:
    pages = sorted(folder(name).glob("page-*.txt"))
    return "\n".join(page.read_text(encoding="utf-8") for page in pages)


def squeezed(text: str) -> str:
    """Without white space, so that lines broken after a hyphen compare equal."""
    return "".join(text.split())


def test_every_scan_is_there_and_nothing_else() -> None:
    assert sorted(p.name for p in (HERE / "scans").iterdir()) == NAMES
    assert {plan.letter for plan in PLANS.values()} == {
        p.stem for p in (HERE / "letters").glob("*.toml")
    }


def test_samples_stay_small() -> None:
    assert sum(p.stat().st_size for p in HERE.rglob("*") if p.is_file()) < 8_000_000


@pytest.mark.parametrize("name", NAMES)
def test_truth_is_what_the_source_says(name: str) -> None:
    pages = len(list(folder(name).glob("page-*.txt")))
    assert truth(name) == json.loads(json.dumps(letter(name).truth(pages)))


@needs_fonts
@pytest.mark.parametrize("name", NAMES)
def test_page_texts_are_what_is_typeset(name: str) -> None:
    """Typeset coarsely: words and their order must agree, line ends may fall elsewhere."""
    set_pages = letter(name).pages(PageStyle(family=PLANS[name].font, dpi=72))
    assert squeezed("".join(page.text for page in set_pages)) == squeezed(page_text(name))


@pytest.mark.parametrize("name", NAMES)
def test_fields_stand_on_the_page(name: str) -> None:
    told, printed = truth(name), squeezed(page_text(name))
    header = told["header"]
    fields = [header[key] for key in ("number_symbol", "place", "subject", "issuing_body")]
    fields += [told["signature"][key] for key in ("authority", "position", "signer")]
    lists = [told[key] for key in ("recipients", "legal_bases", "preamble", "closing")]
    lists += [told["distribution"], [c["number_symbol"] for c in told["citations"]]]
    for text in [*fields, *(entry for entries in lists for entry in entries)]:
        assert text is None or squeezed(text) in printed
    for directive in told["directives"]:
        assert squeezed(directive["marker"] + directive["text"]) in printed
        assert all(squeezed(actor) in printed for actor in directive["actors"])
        assert all(squeezed(item["text"]) in printed for item in directive["items"])


@pytest.mark.parametrize("name", NAMES)
def test_every_number_cited_is_in_the_truth(name: str) -> None:
    told = truth(name)
    body = told["preamble"] + told["legal_bases"] + told["closing"]
    body += [directive["text"] for directive in told["directives"]]
    found = regex.findall(r"\d+(?:/\d{4})?[-/]\p{Lu}[\p{L}\d]*[-/]\p{Lu}\p{L}*", " ".join(body))
    assert set(found) == {citation["number_symbol"] for citation in told["citations"]}


@pytest.mark.parametrize("name", [n for n in NAMES if PLANS[n].file.endswith(".pdf")])
def test_pdfs_hold_one_picture_a_page_in_the_stated_form(name: str) -> None:
    plan = PLANS[name]
    with pikepdf.open(folder(name) / plan.file) as pdf:
        assert len(pdf.pages) == truth(name)["pages"]
        for page in pdf.pages:
            (image,) = page.get_images().values()
            one_bit = plan.damage.threshold is not None
            wanted = pikepdf.Name.CCITTFaxDecode if one_bit else pikepdf.Name.DCTDecode
            assert image.Filter == wanted
            assert image.BitsPerComponent == (1 if one_bit else 8)
            width = float(page.mediabox[2]) / 72 * plan.damage.dpi
            assert int(image.Width) == round(width)
            assert round(width / plan.damage.dpi * 25.4) == 210


def test_the_other_scans_have_the_stated_form() -> None:
    with Image.open(folder("announcement-tiff") / "source.tif") as tiff:
        assert getattr(tiff, "n_frames", 1) == truth("announcement-tiff")["pages"]
        assert (tiff.mode, tiff.info["compression"]) == ("1", "group4")
        assert np.asarray(tiff).mean() > 0.8
    with Image.open(folder("health-letter-png") / "source-1.png") as png:
        assert (png.format, png.mode, truth("health-letter-png")["pages"]) == ("PNG", "L", 1)
    with Image.open(folder("submission-photo") / "source-1.jpg") as jpeg:
        assert (jpeg.format, jpeg.mode, truth("submission-photo")["pages"]) == ("JPEG", "RGB", 1)


def test_the_damaged_text_is_damaged_and_paged() -> None:
    pages = (folder("party-letter-ocr") / "source.txt").read_text(encoding="utf-8").split("\f")
    assert len(pages) == truth("party-letter-ocr")["pages"]
    printed = set(page_text("party-letter-ocr").split())
    read = " ".join(pages).split()
    assert 0.05 < sum(word in printed for word in read) / len(read) < 0.35
    assert "1046-CV/TU" in read


def test_the_letter_the_project_starts_from_keeps_its_facts() -> None:
    told = truth("party-letter-1bit")
    assert told["header"]["number_symbol"] == "1046-CV/TU"
    assert told["header"]["date"] == "2019-09-18"
    assert len(told["recipients"]) == 4
    assert [d["marker"] for d in told["directives"]] == [f"{n}." for n in range(1, 7)]
    assert told["directives"][2]["text"].count("\n") == 1


@needs_fonts
def test_the_same_seed_scans_the_same_pixels() -> None:
    plan = PLANS["urgent-letter-skewed"]
    source = letter("urgent-letter-skewed")
    small = replace(plan, damage=replace(plan.damage, dpi=75))
    last = source.pages(PageStyle(family=plan.font, dpi=75))[-1:]
    once, again, other = (
        scans(each, source, last)[0].tobytes()
        for each in (small, small, replace(small, seed=plan.seed + 1))
    )
    assert once == again != other


@needs_fonts
def test_a_page_fed_upside_down_is_turned_right_round() -> None:
    plan = replace(PLANS["party-directive-upside-down"], upside_down=[])
    source = letter("party-directive-upside-down")
    first = source.pages(PageStyle(family=plan.font, dpi=75))[:1]
    (upright,) = scans(plan, source, first)
    (turned,) = scans(replace(plan, upside_down=[1]), source, first)
    assert turned.rotate(180).tobytes() == upright.tobytes()


@pytest.mark.parametrize("mode", ["1", "L", "RGB"])
def test_pdfs_are_the_same_bytes_each_time_and_the_right_way_black(
    mode: str, tmp_path: Path
) -> None:
    page = Image.new("L", (80, 100), 255)
    page.paste(0, (10, 10, 30, 20))
    for name in ("a.pdf", "b.pdf"):
        write_pdf(tmp_path / name, [page.convert(mode)] * 2, 72, 80)
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    with pikepdf.open(tmp_path / "a.pdf") as pdf:
        (image,) = pdf.pages[1].get_images().values()
        assert isinstance(image, pikepdf.Stream)
        seen = pikepdf.PdfImage(image).as_pil_image().convert("L")
    assert (seen.getpixel((20, 15)), seen.getpixel((60, 80))) == (0, 255)


def test_tiff_and_png_read_back(tmp_path: Path) -> None:
    page = Image.new("1", (80, 100), 255)
    page.paste(0, (10, 10, 30, 20))
    write_tiff(tmp_path / "a.tif", [page, page], 200)
    write_image(tmp_path / "a.png", page, 200, 75)
    for name in ("a.tif", "a.png"):
        with Image.open(tmp_path / name) as seen:
            assert seen.tobytes() == page.tobytes()


def test_an_unknown_scan_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["no-such-scan"])
    assert caught.value.code == 2
    assert "no-such-scan" in capsys.readouterr().err


def test_plans_are_typed() -> None:
    assert all(isinstance(plan, ScanPlan) for plan in PLANS.values())
