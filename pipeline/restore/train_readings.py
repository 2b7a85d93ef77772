"""Work out the readings of the tokens that are met most: `dictionaries/common-readings.npz`.

    python -m pipeline.restore.train_readings [--most 10000] [--out FILE]

In: the language model and the channels of `dictionaries/`. The commonest tokens are those that the
words of the model are read as: P(word) times P(read | word), over all words, in small letters, with
a capital and in capitals. To be run again whenever model, channels or word lists have changed.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.restore.array_file import write_arrays
from pipeline.restore.built_in import channel_counts
from pipeline.restore.candidates import Candidates
from pipeline.restore.channel import Shape, cased
from pipeline.restore.common_readings import CommonReadings, digest_of
from pipeline.restore.restore import Restorer

OUT: Final = Path("dictionaries/common-readings.npz")
_MOST: Final = 10_000
_SHAPES: Final[dict[Shape, float]] = {"lower": 0.85, "Capital": 0.1, "CAPITALS": 0.05}
_LEAST: Final = 1e-9
_SHORTEST: Final = 2  # two capitals are read by lists of abbreviations that change

Readings = list[tuple[float, str]]
"""P(read | unit) and what was read, likeliest first."""


def common_tokens(
    candidates: Candidates, rows: Sequence[str], most: int = _MOST
) -> list[tuple[str, bool]]:
    """The tokens that are met most under a channel with the counts `rows`, likeliest first; and
    whether in a line of capitals."""
    seen: dict[str, dict[str, dict[str, float]]] = {
        "onset": defaultdict(dict),
        "rime": defaultdict(dict),
    }
    for row in rows:
        columns = row.split("\t")
        if columns[0] in seen:
            kind, unit, read, count = columns
            seen[kind][unit][read] = float(count)
    lexicon = candidates.lexicon
    weight = np.exp(candidates.model.unigram[lexicon.word].astype(np.float64)).tolist()
    found: dict[str, float] = defaultdict(float)
    for shape, share in _SHAPES.items():
        after: Shape = "CAPITALS" if shape == "CAPITALS" else "lower"
        onsets = [_readings(seen["onset"], cased(unit, shape)) for unit in lexicon.onsets]
        rimes = [_readings(seen["rime"], cased(unit, after)) for unit in lexicon.rimes]
        bare = [_readings(seen["rime"], cased(unit, shape)) for unit in lexicon.rimes]
        for p, onset, rime in zip(weight, lexicon.onset, lexicon.rime, strict=True):
            starts = onsets[onset] if onset else [(1.0, "")]
            _add(found, share * p, starts, rimes[rime] if onset else bare[rime])
    ranked = sorted(found, key=lambda token: (-found[token], token))[:most]
    return [
        key
        for token in ranked
        if len(token) > _SHORTEST or not token.isupper()
        for key in ([(token, False), (token, True)] if token.isupper() else [(token, False)])
    ]


def _readings(seen: dict[str, dict[str, float]], unit: str) -> Readings:
    counts = {**seen.get(unit, {})}
    counts[unit] = counts.get(unit, 0.0) + 1.0
    total = sum(counts.values())
    return sorted(((n / total, read) for read, n in counts.items()), reverse=True)


def _add(found: dict[str, float], share: float, starts: Readings, ends: Readings) -> None:
    """Add what a word of the given share is read as."""
    for p, start in starts:
        if share * p < _LEAST:
            break
        for q, end in ends:
            if share * p * q < _LEAST:
                break
            found[start + end] += share * p * q


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; 0 on success."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--most", type=int, default=_MOST, help="tokens of each channel")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args(arguments)
    restorer = Restorer.load()
    arrays: dict[str, npt.NDArray[np.generic]] = {}
    for name in ("eng", "vie"):
        candidates, rows = restorer.candidates(name), channel_counts(name)
        keys = common_tokens(candidates, rows, options.most)
        common = CommonReadings.of(
            ((*key, candidates.worked_out(*key)) for key in keys), restorer.model.words
        )
        arrays |= common.packed(name, digest_of(restorer.model, rows))
        print(f"{name}: {len(common.place)} tokens, {len(common.form)} readings", file=sys.stderr)
    write_arrays(options.out, arrays)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
