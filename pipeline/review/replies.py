"""What all pages share: the language of who asks, and short answers to what was sent."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pipeline.messages import Language, get_language
from pipeline.review.words import said

LANGUAGE = "congvan-language"
"""The cookie that remembers it."""


def language_of(request: Request) -> Language:
    """The language chosen on the pages, else that of the command line."""
    chosen = request.cookies.get(LANGUAGE)
    if chosen == "vi":
        return "vi"
    return "en" if chosen == "en" else get_language()


def told(language: Language, code: str, status: int, **values: object) -> Response:
    """A sentence as the answer to what was sent."""
    return JSONResponse({"message": said(language, code, **values)}, status)
