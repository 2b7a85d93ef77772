"""The review pages: requests in, HTML and JSON out. What they do stands in `desk`.

Everything a page shows of a letter is escaped by the templates; nothing is written by GET.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from pipeline.errors import CongvanError, DocumentError
from pipeline.messages import Language
from pipeline.review.decisions import ConflictError
from pipeline.review.desk import Asked, Desk, RefusedError
from pipeline.review.guard import Guard
from pipeline.review.replies import LANGUAGE, language_of, told
from pipeline.review.search_page import search_page
from pipeline.review.sheet_pages import SheetPages
from pipeline.review.view import LetterView
from pipeline.review.words import field_name, said, speaker

_HERE = Path(str(files("pipeline.review")))


class _OneAsked(BaseModel):
    model_config = ConfigDict(extra="forbid")
    place: str = Field(max_length=200)
    verdict: Literal["confirm", "reject", "change", "withdraw"]
    after: str = Field("", max_length=8000)


class _DecisionsAsked(BaseModel):
    model_config = ConfigDict(extra="forbid")
    seen: int = Field(ge=0)
    decisions: list[_OneAsked] = Field(min_length=1, max_length=200)


def make_app(desk: Desk, token: str, hosts: frozenset[str]) -> Starlette:
    """The pages over `desk` for who has `token`, at one of `hosts` (127.0.0.1:8737)."""
    pages = _Pages(desk)
    sheets = SheetPages(desk, pages.html)
    return Starlette(
        routes=[
            Route("/", pages.letters),
            Route("/letters/{document_id}", pages.letter),
            Route("/letters/{document_id}/pages/{number:int}.jpg", pages.picture),
            Route("/letters/{document_id}/words/{place}.jpg", pages.word),
            Route("/letters/{document_id}/decisions", pages.decide, methods=["POST"]),
            Route("/corrections", sheets.pairs),
            Route("/corrections/rare", sheets.rare),
            Route("/corrections/{number:int}", sheets.pair),
            Route("/corrections/{number:int}/decided", sheets.pair_decided),
            Route("/samples", sheets.samples),
            Route("/samples", sheets.draw, methods=["POST"]),
            Route("/samples/{number:int}", sheets.sample),
            Route("/decisions", sheets.decide, methods=["POST"]),
            Route("/language/{language}", pages.language),
            Mount("/static", StaticFiles(directory=_HERE / "static")),
        ],
        middleware=[Middleware(Guard, token=token, hosts=hosts)],
        exception_handlers={404: pages.not_found, DocumentError: pages.not_found},
    )


class _Pages:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=select_autoescape(default=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    async def letters(self, request: Request) -> Response:
        """The list of letters, or what a query finds."""
        page = await run_in_threadpool(search_page, self._desk, request.query_params)
        return self.html(request, "letters.html", page=page)

    async def letter(self, request: Request) -> Response:
        """A letter beside its scan."""
        document_id = request.path_params["document_id"]
        language = language_of(request)
        view = await run_in_threadpool(self._desk.view, document_id, language)
        before, after = await run_in_threadpool(self._desk.letters.neighbours, document_id)
        return self.html(request, "letter.html", view=view, before=before, after=after)

    async def picture(self, request: Request) -> Response:
        """A page's picture."""
        asked = request.path_params
        try:
            data = await run_in_threadpool(
                self._desk.picture, asked["document_id"], asked["number"]
            )
        except CongvanError as error:
            return Response(str(error), 404, media_type="text/plain")
        headers = {"Cache-Control": "private, max-age=3600"}
        return Response(data, media_type="image/jpeg", headers=headers)

    async def word(self, request: Request) -> Response:
        """The picture of a word or field."""
        asked = request.path_params
        try:
            folder = self._desk.folder(asked["document_id"])
            data = await run_in_threadpool(self._desk.snippets.picture, folder, asked["place"])
        except CongvanError as error:
            return Response(str(error), 404, media_type="text/plain")
        headers = {"Cache-Control": "private, max-age=3600"}
        return Response(data, media_type="image/jpeg", headers=headers)

    async def decide(self, request: Request) -> Response:
        """Keep decisions; answers with what they changed."""
        language = language_of(request)
        try:
            asked = _DecisionsAsked.model_validate_json(await request.body())
        except ValidationError:
            return told(language, "bad_request", 400)
        made = [Asked(one.place, one.verdict, one.after) for one in asked.decisions]
        document_id = request.path_params["document_id"]
        try:
            view = await run_in_threadpool(self._desk.decide, document_id, made, asked.seen)
        except ConflictError as conflict:
            values = {"who": conflict.by.who, "after": conflict.by.after}
            return told(language, "conflict", 409, **values)
        except RefusedError as refused:
            return told(language, str(refused), 422)
        except DocumentError:
            return told(language, "not_found", 404)
        return JSONResponse(_changes(view, language))

    async def language(self, request: Request) -> Response:
        """Remember the language of the pages in a cookie, and go back."""
        chosen = request.path_params["language"]
        back = request.query_params.get("back", "/")
        inside = back.startswith("/") and not back.startswith(("//", "/\\"))
        answer = RedirectResponse(back if inside else "/", 303)
        if chosen in ("en", "vi"):
            answer.set_cookie(LANGUAGE, chosen, samesite="strict", max_age=10**7)
        return answer

    async def not_found(self, request: Request, error: Exception) -> Response:
        """What is not there."""
        del error
        return self.html(request, "not_found.html", status=404)

    def html(self, request: Request, name: str, status: int = 200, **values: Any) -> Response:
        """A page from a template, in the language of who asks."""
        language = language_of(request)
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        other = "en" if language == "vi" else "vi"
        values |= {
            "t": speaker(language),
            "language": language,
            "other": other,
            "language_link": f"/language/{other}?{urlencode({'back': here})}",
            "field_name": _naming(language),
            "path": request.url.path,
            "left_to_read": self._desk.stock.left_to_read,
        }
        return HTMLResponse(self._templates.get_template(name).render(values), status)


def _naming(language: Language) -> Callable[[str], str]:
    return lambda field: field_name(language, field)


def _changes(view: LetterView, language: Language) -> dict[str, Any]:
    """What a page needs to show a letter after a decision."""
    count = view.open()
    left = said(language, "left", count=count) if count else said(language, "nothing_left")
    words = [
        {
            "place": w.place,
            "text": w.text,
            "kind": w.kind,
            "doubtful": w.doubtful,
            "verdict": w.verdict,
            "readings": json.dumps(w.readings, ensure_ascii=False),
            "order": w.order,
        }
        for w in view.words()
    ]
    fields = [
        {"name": f.name, "value": f.value, "verdict": f.verdict, "order": f.order}
        for f in view.fields
    ]
    return {"seen": view.seen, "left": left, "checked": view.checked,
            "words": words, "fields": fields}  # fmt: skip
