"""The results of a run so far, by path and by content; copies are told of by their original's."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pipeline.batch.result import Result


class Results:
    """One result a path; `changed` where something has been added since it was last unset."""

    def __init__(self) -> None:
        self.changed = False
        self._by_path: dict[str, Result] = {}
        self._by_content: dict[str, Result] = {}

    def __iter__(self) -> Iterator[Result]:
        return iter(self._by_path.values())

    def add(self, result: Result) -> None:
        """The path of `result` has this result now."""
        self._by_path[result.path] = result
        if result.content and result.status != "duplicate":
            self._by_content.setdefault(result.content, result)
            if self._by_content[result.content].path == result.path:
                self._by_content[result.content] = result
        self.changed = True

    def forget(self, path: str) -> None:
        """Nothing is at `path` any more."""
        result = self._by_path.pop(path, None)
        if result and result.content and self._by_content.get(result.content) is result:
            del self._by_content[result.content]
        self.changed = True

    def of_content(self, content: str) -> Result | None:
        """What became of the first path with this content."""
        return self._by_content.get(content)


def duplicate_of(original: Result, path: str) -> Result:
    """The result of `path`, a copy of `original`: linked to it, or failed as it has."""
    values = {"path": path, "original": original.path}
    if original.status == "failed":
        values = json.loads(original.reason_values) | {"path": path}
    return Result(
        path,
        "failed" if original.status == "failed" else "duplicate",
        original.content,
        original.letters,
        reason=original.reason if original.status == "failed" else "duplicate",
        reason_values=json.dumps(values, ensure_ascii=False, sort_keys=True),
    )
