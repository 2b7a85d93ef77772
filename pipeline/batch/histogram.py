"""A histogram of page confidences as a picture in a page: SVG, with its numbers as text."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from pipeline.messages import message

WIDTH, HEIGHT = 520, 210
LEFT, BOTTOM, TOP = 8, 24, 20
LOW = 85
"""Below this percentage pages are drawn in the colour of what is to be reviewed: on such pages
more than one word in twenty is wrong before it is restored."""


def histogram(confidences: Sequence[int]) -> str:
    """Pages by confidence in percent (0 to 100); a sentence where there are none."""
    if not confidences:
        return f'<p class="note">{escape(message("page_no_pages"))}</p>'
    start, width = _bins(min(confidences))
    counts = [0] * ((100 - start) // width)
    for c in confidences:
        counts[min((c - start) // width, len(counts) - 1)] += 1
    bars = "".join(_bar(n, count, start, width, counts) for n, count in enumerate(counts))
    label = escape(_in_words(confidences))
    base = HEIGHT - BOTTOM
    return (
        f'<svg class="histogram" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">'
        f'{bars}<line x1="{LEFT}" y1="{base}" x2="{WIDTH - LEFT}" y2="{base}"/></svg>'
        f'<p class="note">{label}</p>'
    )


def _bins(lowest: int) -> tuple[int, int]:
    """Where the first bin starts, and how wide all are: about twenty, each a round number."""
    lowest = min(lowest, 80)
    width = 1 if lowest >= 80 else 2 if lowest >= 50 else 5
    return lowest // width * width - (lowest // width * width) % (10 if width > 1 else 1), width


def _bar(n: int, count: int, start: int, width: int, counts: Sequence[int]) -> str:
    step = (WIDTH - 2 * LEFT) / len(counts)
    x, low = LEFT + n * step, start + n * width
    tall = (HEIGHT - BOTTOM - TOP) * count / max(counts)
    base = HEIGHT - BOTTOM
    parts = []
    if count:
        kind = ' class="low"' if low + width <= LOW else ""
        parts.append(
            f'<rect{kind} x="{x + 1:.1f}" y="{base - tall:.1f}" width="{step - 2:.1f}"'
            f' height="{max(tall, 1):.1f}"><title>{low}–{low + width} %: {count}</title></rect>'
            f'<text x="{x + step / 2:.1f}" y="{base - tall - 4:.1f}" text-anchor="middle">{count}'
            "</text>"
        )
    if low % (5 * width) == 0:
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 8}">{low} %</text>')
    return "".join(parts)


def _in_words(confidences: Sequence[int]) -> str:
    ordered = sorted(confidences)
    return message(
        "page_confidence_words",
        pages=len(ordered),
        median=ordered[len(ordered) // 2],
        lowest=ordered[0],
        low=sum(c < LOW for c in ordered),
        bound=LOW,
    )
