"""The quality gate itself: it fails when it must, and never lowers a floor."""

from __future__ import annotations

from pathlib import Path

from benchmarks.floors import Floor, load, raised, save, violations

FLOORS = {
    "ser": Floor("ser", 0.05, "lower"),
    "header": Floor("header", 0.9, "higher"),
}


def test_a_worse_figure_is_named() -> None:
    assert violations({"ser": 0.06, "header": 0.95}, FLOORS) == [
        "ser: 0.0600 is worse than its floor 0.0500"
    ]
    assert violations({"ser": 0.05, "header": 0.89}, FLOORS) == [
        "header: 0.8900 is worse than its floor 0.9000"
    ]


def test_figures_not_measured_are_not_judged() -> None:
    assert violations({"ser": 0.01}, FLOORS) == []


def test_raising_never_lowers() -> None:
    floors = raised({"ser": 0.03, "header": 0.5}, FLOORS)
    assert floors["ser"].bound == 0.03
    assert floors["header"].bound == 0.9


def test_floors_survive_the_file(tmp_path: Path) -> None:
    save(FLOORS, tmp_path / "floors.json")
    assert load(tmp_path / "floors.json") == FLOORS


def test_a_raised_floor_holds_for_the_figure_that_raised_it() -> None:
    figures = {"ser": 0.0135753, "header": 0.9745619}
    floors = raised(figures, FLOORS)
    assert violations(figures, floors) == []
    assert floors["ser"].bound == 0.0136
    assert floors["header"].bound == 0.9745
