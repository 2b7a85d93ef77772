"""The pages of corrections and samples: requests in, HTML and JSON out."""

from __future__ import annotations

from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pipeline.errors import CongvanError
from pipeline.messages import Language
from pipeline.review.acceptance import estimate
from pipeline.review.desk import Desk
from pipeline.review.group import AskedTogether, DecidedTogether, decide_together
from pipeline.review.replies import language_of, told
from pipeline.review.samples import MOST_UNITS, Samples, draw
from pipeline.review.sheets import (
    ONLY,
    Sheet,
    pair_sheet,
    pairs_page,
    rare_sheet,
    sample_sheet,
    samples_page,
)
from pipeline.review.words import said


class _OneAsked(BaseModel):
    model_config = ConfigDict(extra="forbid")
    letter: str = Field(max_length=300)
    place: str = Field(max_length=200)
    verdict: Literal["confirm", "reject", "change", "withdraw"]
    shown: str = Field(max_length=8000)
    after: str = Field("", max_length=8000)


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")
    seen: int = Field(ge=0)
    decisions: list[_OneAsked] = Field(min_length=1, max_length=200)


class _DrawAsked(BaseModel):
    model_config = ConfigDict(extra="forbid")
    unit: Literal["words", "fields"]
    size: int = Field(ge=1, le=MOST_UNITS)


class _Html(Protocol):
    def __call__(
        self, request: Request, name: str, status: int = 200, **values: Any
    ) -> Response: ...


class SheetPages:
    """The pages, over one desk; `html` makes them from templates."""

    def __init__(self, desk: Desk, html: _Html) -> None:
        self._desk = desk
        self._html = html

    async def pairs(self, request: Request) -> Response:
        """The corrections over all letters."""
        number = _number(request.query_params.get("page", "1"))
        only = request.query_params.get("only", "")
        page = await run_in_threadpool(pairs_page, self._desk, number, only if only in ONLY else "")
        return self._html(request, "corrections.html", page=page)

    async def pair(self, request: Request) -> Response:
        """A sheet of one correction."""
        asked = (request.path_params["number"], request.query_params.get("after", ""))
        return self._sheet(request, await run_in_threadpool(pair_sheet, self._desk, *asked))

    async def pair_decided(self, request: Request) -> Response:
        """What was decided of one correction."""
        asked = (request.path_params["number"], request.query_params.get("after", ""))
        sheet = await run_in_threadpool(lambda: pair_sheet(self._desk, *asked, decided=True))
        return self._sheet(request, sheet)

    async def rare(self, request: Request) -> Response:
        """A sheet of rare corrections."""
        after = request.query_params.get("after", "")
        return self._sheet(request, await run_in_threadpool(rare_sheet, self._desk, after))

    async def samples(self, request: Request) -> Response:
        """The samples and what they say."""
        page = await run_in_threadpool(samples_page, self._desk)
        language = language_of(request)
        told_of = [(e, e.sentence(language), e.account(language)) for e in page.samples]
        return self._html(request, "samples.html", page=page, told=told_of)

    async def sample(self, request: Request) -> Response:
        """A part of a sample; where it is next to be judged, when no part is named."""
        asked = (request.path_params["number"], _number(request.query_params.get("part", ""), 0))
        return self._sheet(request, await run_in_threadpool(sample_sheet, self._desk, *asked))

    async def draw(self, request: Request) -> Response:
        """Draw a sample; answers with the address of its first sheet."""
        language = language_of(request)
        try:
            asked = _DrawAsked.model_validate_json(await request.body())
        except ValidationError:
            return told(language, "bad_request", 400)
        try:
            made = await run_in_threadpool(draw, self._desk, asked.unit, asked.size)
        except CongvanError as error:
            return JSONResponse({"message": str(error)}, 422)
        return JSONResponse({"go": f"/samples/{made.number}"})

    async def decide(self, request: Request) -> Response:
        """Keep the decisions of a sheet; answers with what became of each."""
        language = language_of(request)
        try:
            asked = _Asked.model_validate_json(await request.body())
        except ValidationError:
            return told(language, "bad_request", 400)
        made = [
            AskedTogether(o.letter, o.place, o.verdict, o.shown, o.after) for o in asked.decisions
        ]
        done = await run_in_threadpool(decide_together, self._desk, made, asked.seen)
        return JSONResponse(_outcome(done, language))

    def _sheet(self, request: Request, sheet: Sheet | None) -> Response:
        if sheet is None:
            raise HTTPException(404)
        values: dict[str, Any] = {"sheet": sheet, "seen": self._desk.decisions.last()}
        if sheet.sample:
            drawn = Samples(self._desk.root).drawn(sheet.sample.number)
            values["estimate"] = estimate(sheet.sample, drawn, self._desk.decisions)
        return self._html(request, "sheet.html", **values)


def _number(text: str, otherwise: int = 1) -> int:
    plain = text.isascii() and text.isdecimal() and len(text) < 7
    return max(1, int(text)) if plain else otherwise


def _outcome(done: DecidedTogether, language: Language) -> dict[str, object]:
    return {
        "seen": done.seen,
        "kept": [{"letter": d.document_id, "place": d.place, "reads": d.after} for d in done.kept],
        "refused": [
            {
                "letter": r.document_id,
                "place": r.place,
                "message": said(language, r.why, who=r.who, after=r.after),
            }
            for r in done.refused
        ],
        "told": said(language, "kept_count", count=len(done.kept)),
    }
