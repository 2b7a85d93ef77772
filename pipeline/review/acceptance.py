"""What a random sample says of all letters: the error rate with its confidence interval.

In: a sample and the decisions since it was drawn. Out: an `Estimate`, for a protocol of acceptance.

The unit drawn is the unit judged: single words (or fields) out of all letters, each with the same
chance. Errors of a letter come together (a bad scan has many), which would make an interval from
whole letters taken as if of single words far too narrow; drawn one by one, words owe their letters
nothing, and the exact interval of `intervals` holds. A unit is wrong where a person changed it
since, right where they confirmed it. What was passed over counts as right in the lower bound and as
wrong in the upper one: who leaves out the hard ones must not look better for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.messages import Language
from pipeline.review.decisions import Decision, Decisions
from pipeline.review.intervals import CONFIDENCE, exact_interval
from pipeline.review.samples import Drawn, Sample, Samples
from pipeline.review.words import said

METHOD = "Clopper-Pearson, hypergeometric (finite population), two-sided"


@dataclass(frozen=True, slots=True)
class Estimate:
    """Of `judged` units `wrong` were; `passed` more were passed over. Rates are 0 to 1, the rate
    None before anything was judged."""

    sample: Sample
    judged: int
    wrong: int
    passed: int
    rate: float | None
    low: float
    high: float
    confidence: float = CONFIDENCE

    @property
    def is_complete(self) -> bool:
        """Whether all units of the sample were judged."""
        return self.judged == self.sample.size

    def data(self) -> dict[str, Any]:
        """For other programs."""
        return {**asdict(self), "complete": self.is_complete, "method": METHOD}

    def sentence(self, language: Language) -> str:
        """For the protocol: "2,140 letters, 0.7 % of words wrong, 95 %: 0.5-0.9 %"."""
        return said(
            language,
            f"estimate_{self.sample.unit}",
            letters=number(self.sample.letters, language),
            rate=percent(self.rate or 0.0, language),
            low=percent(self.low, language, up=False),
            high=percent(self.high, language, up=True),
            confidence=round(100 * self.confidence),
        )

    def account(self, language: Language) -> str:
        """How it was found: what was looked at, of how much, when, and by which method."""
        told = said(
            language,
            f"account_{self.sample.unit}",
            judged=number(self.judged, language),
            wrong=number(self.wrong, language),
            population=number(self.sample.population, language),
            at=self.sample.at[:10],
            who=self.sample.who,
        )
        if not self.passed:
            return told
        passed = said(language, "account_passed", count=number(self.passed, language))
        return f"{told} {passed}"


def estimate(sample: Sample, drawn: Sequence[Drawn], decisions: Decisions) -> Estimate:
    """What is known by now."""
    verdicts = judged(sample, drawn, decisions)
    wrong = sum(verdict is False for verdict in verdicts.values())
    looked_at = max(verdicts, default=0)  # ranks are in the order drawn: the rest is no part of it
    passed = looked_at - len(verdicts)
    low, _ = exact_interval(wrong, looked_at, sample.population)
    _, high = exact_interval(wrong + passed, looked_at, sample.population)
    rate = wrong / len(verdicts) if verdicts else None
    return Estimate(sample, len(verdicts), wrong, passed, rate, low, high)


def estimates(folder: Path) -> list[Estimate]:
    """What each sample of a folder says, the last first."""
    store = Samples(folder)
    return [estimate(s, store.drawn(s.number), Decisions(folder)) for s in store.all()]


def judged(sample: Sample, drawn: Sequence[Drawn], decisions: Decisions) -> Mapping[int, bool]:
    """By rank whether each unit that was judged since the sample was drawn was right."""
    last: dict[tuple[str, str], Decision] = {}
    for decision in decisions.since(sample.seen):
        last[decision.document_id, decision.place] = decision
    found = {}
    for one in drawn:
        told = last.get((one.document_id, one.place))
        if told and told.verdict != "withdraw":
            found[one.rank] = told.after == one.shown
    return found


def number(value: int, language: Language) -> str:
    """A whole number as people write it: 2,140, in Vietnamese 2.140."""
    told = f"{value:,}"
    return told.replace(",", ".") if language == "vi" else told


def percent(share: float, language: Language, up: bool | None = None) -> str:
    """A share in per cent, to two places under 10 and one above; a bound away from the middle."""
    places = 2 if share < 0.1 else 1
    scaled = 100 * share * 10**places
    whole = round(scaled) if up is None else int(-(-scaled // 1)) if up else int(scaled)
    told = f"{whole / 10**places:.{places}f}"
    return told.replace(".", ",") if language == "vi" else told
