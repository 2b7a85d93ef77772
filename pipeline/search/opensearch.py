"""The search index on an OpenSearch server, for holdings too large for one file.

Letters and directives are documents of their own. `NAME` is an alias; behind it stands an index
`NAME-000001`, or a higher number once it was rebuilt."""

from __future__ import annotations

import json
import time
from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from importlib.resources import files
from itertools import islice
from types import TracebackType
from typing import TYPE_CHECKING, Any

from pipeline.errors import CongvanError, UsageError
from pipeline.messages import message
from pipeline.record import Record
from pipeline.search.content import Content, content_of
from pipeline.search.folding import fold, folding_digest
from pipeline.search.hits import directive_hits, letter_hits, refusal
from pipeline.search.opensearch_documents import (
    Action,
    Document,
    digest_of,
    directive_documents,
    directive_id,
    letter_document,
    lines_of,
)
from pipeline.search.opensearch_query import MOST_FACETS, bodies_of
from pipeline.search.opensearch_server import TRIES, Target, client, explained, patiently, pause
from pipeline.search.passages import Shower
from pipeline.search.protocol import Added, Facets, Hit, Refusal, Results, Sort
from pipeline.search.query import Query, parse, with_identifiers, with_names, with_signers
from pipeline.search.unread_numbers import of_unread_number

if TYPE_CHECKING:
    from opensearchpy import OpenSearch

BATCH, SENDERS = 250, 3
"""Letters sent at once, and how many such batches are under way: the server works on one while the
next is made."""
_WHILE_BUILDING: Document = {
    "refresh_interval": "-1",
    "auto_expand_replicas": "false",
    "number_of_replicas": 0,
}
_PAGE = 5000
_NOT_AS_A_WHOLE = (400, 413)
"""Answers to a request of many items that may hold for one of them alone."""


class OpenSearchIndex:
    """An `Index` (pipeline/search/protocol.py) at `target`.

    With `rebuild` letters go into a new index, which takes the older one's place when `close` is
    called after all went well; until then searches are answered by the older. All methods raise
    the errors of `explained`, and UsageError index_missing, index_schema, index_not_an_index."""

    def __init__(self, target: Target, *, rebuild: bool = False) -> None:
        self.target = target
        self._client: OpenSearch | None = None
        self._rebuild = rebuild
        self._index: str | None = None
        self._old: list[str] = []
        self._building = False

    def __enter__(self) -> OpenSearchIndex:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()

    @property
    def identity(self) -> str:
        """The server's own name for what stands behind the alias: another after a rebuild."""
        index = self._writable()
        settings = self._ask(lambda c: c.indices.get_settings(index=index))
        uuid: str = settings[index]["settings"]["index"]["uuid"]
        return uuid

    def add(self, records: Iterable[Record], *, allow_secret: bool = False) -> Added:
        """See `Index.add`. What the server has acknowledged stays, whatever happens after."""
        self._writable()
        done: list[Added] = []
        waiting = iter(records)
        running: deque[tuple[Future[Added], set[str]]] = deque()
        with ThreadPoolExecutor(SENDERS) as pool:
            while batch := list(islice(waiting, BATCH)):
                names = {record.document_id for record in batch}
                while len(running) == SENDERS or any(names & others for _, others in running):
                    done.append(running.popleft()[0].result())
                running.append((pool.submit(self._add_batch, batch, allow_secret), names))
            done += [future.result() for future, _ in running]
        self._refresh()
        refused = tuple(refusal for added in done for refusal in added.refused)
        return Added(sum(a.indexed for a in done), refused, sum(a.unchanged for a in done))

    def _add_batch(self, batch: Sequence[Record], allow_secret: bool) -> Added:
        contents: dict[str, Content] = {}
        codes: dict[str, str] = {}
        for record in batch:
            content = content_of(record)
            if code := refusal(record, content, allow_secret=allow_secret):
                codes[record.document_id] = code
            else:
                contents[record.document_id] = content
        self._remove([name for name in codes if name not in contents])
        there = self._there(contents)
        new = {n: c for n, c in contents.items() if there.get(n, ("",))[0] != digest_of(c)}
        failed = self._put(new, there)
        refused = [Refusal(name, code) for name, code in codes.items()]
        refused += [Refusal(n, "index_item_failed", reason) for n, reason in failed.items()]
        return Added(len(contents) - len(failed), tuple(refused), len(contents) - len(new))

    def withdraw(self, document_ids: Iterable[str]) -> int:
        """See `Index.withdraw`."""
        self._writable()
        return self._remove(list(document_ids))

    def search(
        self, query: str, *, limit: int = 10, offset: int = 0, sort: Sort = "relevance"
    ) -> Results:
        """See `Index.search`."""
        self._readable()
        asked = with_identifiers(parse(query), self._known)
        asked = with_names(with_signers(asked, self._signers))
        if asked.unanswerable or not asked.kinds:
            return Results(0, message=asked.problem)
        window = (max(offset, 0), max(limit, 0))
        best, counted = self._searches(bodies_of(asked, *window, sort))
        note = asked.problem
        if not _total(counted) and (instead := of_unread_number(asked)):
            some = self._searches(bodies_of(instead, *window, sort))
            if _total(some[1]):
                asked, note, (best, counted) = instead, message("query_number_unread"), some
        if not _total(counted) and len(asked.terms) > 2:
            best, counted = self._searches(bodies_of(asked, *window, sort, lacking=True))
            note = message("query_relaxed") if _total(counted) else note
        hits = self._hits(best["hits"]["hits"], asked)
        facets = Facets(**{name: _counts(agg) for name, agg in counted["aggregations"].items()})
        return Results(_total(counted), hits, facets, note)

    def _hits(self, found: list[Any], asked: Query) -> tuple[Hit, ...]:
        contents = self._contents(found)
        # one that is not there was taken out this very moment
        there = [hit for hit in found if hit["_source"]["letter"] in contents]
        each = [contents[hit["_source"]["letter"]] for hit in there]
        scores = [hit["_score"] or 0.0 for hit in there]
        if "directive" not in asked.kinds:
            return letter_hits(each, scores, Shower(asked))
        numbers = [hit["_source"]["number"] for hit in there]
        return directive_hits(list(zip(each, numbers, strict=True)), scores, Shower(asked))

    def _contents(self, hits: list[Any]) -> dict[str, Content]:
        """The letters of some hits; a directive does not hold its letter."""
        sources = {
            hit["_id"]: hit["_source"]["content"] for hit in hits if "content" in hit["_source"]
        }
        letters = {hit["_source"]["letter"] for hit in hits}
        if missing := sorted(letters - sources.keys()):
            name, body = self.target.name, {"ids": missing}
            found = self._ask(lambda c: c.mget(index=name, body=body))
            sources |= {d["_id"]: d["_source"]["content"] for d in found["docs"] if d.get("found")}
        return {name: Content.from_json(json.dumps(source)) for name, source in sources.items()}

    def document_ids(self) -> Iterator[str]:
        """See `Index.document_ids`."""
        self._readable()
        after: list[Any] = []
        while True:
            body: Document = {
                "query": {"term": {"kind": "letter"}},
                "sort": [{"letter": "asc"}],
                "size": _PAGE,
                "_source": False,
                **({"search_after": after} if after else {}),
            }
            hits = self._search(body)["hits"]["hits"]
            yield from (hit["_id"] for hit in hits)
            if len(hits) < _PAGE:
                return
            after = hits[-1]["sort"]

    def close(self) -> None:
        """See `Index.close`. After a rebuild the new index takes the older one's place."""
        if self._client is None:
            return
        if self._building:
            self._built()
        if self._rebuild and self._index:
            actions = [{"remove_index": {"index": old}} for old in self._old]
            actions += [{"add": {"index": self._index, "alias": self.target.name}}]
            self._ask(lambda c: c.indices.update_aliases(body={"actions": actions}))
        self._client.close()
        self._client = self._index = None

    def _built(self) -> None:
        """Give a new index the settings that it was built without."""
        wanted = _template()["template"]["settings"]["index"]
        body = {
            "index": {name: wanted[name] for name in ("refresh_interval", "auto_expand_replicas")}
        }
        self._ask(lambda c: c.indices.put_settings(index=self._index, body=body))
        self._building = False

    def _ask(self, action: Any) -> Any:
        if self._client is None:
            self._client = client(self.target)
        return patiently(lambda: action(self._client), self.target)

    def _search(self, body: Document) -> Any:
        name = self.target.name
        return self._ask(lambda c: c.search(index=name, body=body))

    def _searches(self, bodies: Sequence[Document]) -> list[Any]:
        """Several searches in one request."""
        lines = [line for body in bodies for line in ({"index": self.target.name}, body)]
        answers: list[Any] = self._ask(lambda c: _all_answered(c.msearch(body=lines)))
        return answers

    def _readable(self) -> None:
        if self._index is None:
            indexes = self._behind_alias()
            if not indexes:
                raise UsageError("index_missing", path=self.target)
            self._index = self._checked(indexes)

    def _writable(self) -> str:
        """The index that letters go into, made where there is none."""
        if self._index is None:
            indexes = self._behind_alias()
            if self._rebuild or not indexes:
                self._old = list(indexes)
                self._index = self._made(indexes)
            else:
                self._index = self._checked(indexes)
                self._building = self._half_built(self._index)
        return self._index

    def _half_built(self, index: str) -> bool:
        """Whether who began an index was broken off."""
        settings = self._ask(lambda c: c.indices.get_settings(index=index))
        interval = settings[index]["settings"]["index"].get("refresh_interval")
        return bool(interval == _WHILE_BUILDING["refresh_interval"])

    def _behind_alias(self) -> dict[str, Any]:
        """Indexes behind the alias, with their mappings. Raises UsageError where the name is that
        of something else."""
        name = self.target.name
        if not self._ask(lambda c: c.indices.exists(index=name)):
            return {}
        found: dict[str, Any] = self._ask(lambda c: c.indices.get_mapping(index=name))
        if name in found:
            raise UsageError("index_not_an_index", path=self.target)
        return found

    def _checked(self, indexes: Mapping[str, Any]) -> str:
        name = max(indexes)
        meta = indexes[name]["mappings"].get("_meta", {})
        if "congvan_schema" not in meta:
            raise UsageError("index_not_an_index", path=self.target)
        wanted = _template()["template"]["mappings"]["_meta"]["congvan_schema"]
        if meta["congvan_schema"] != wanted or meta.get("folding") != folding_digest():
            found = meta["congvan_schema"]
            raise UsageError("index_schema", path=self.target, found=found, wanted=wanted)
        return name

    def _made(self, older: Collection[str]) -> str:
        """A new index, with a number above those before it."""
        name = self.target.name
        numbers = [int(n.rpartition("-")[2]) for n in older if n.rpartition("-")[2].isdigit()]
        new = f"{name}-{max(numbers, default=0) + 1:06}"
        template = {**_template(), "index_patterns": [f"{name}-0*"]}
        template["template"]["mappings"]["_meta"]["folding"] = folding_digest()
        self._ask(lambda c: c.indices.put_index_template(name=f"congvan-{name}", body=template))
        if self._rebuild:  # left by a rebuild that was broken off
            self._ask(lambda c: c.indices.delete(index=new, params={"ignore_unavailable": "true"}))
        body: Document = {"settings": {"index": _WHILE_BUILDING}}
        body |= {} if self._rebuild else {"aliases": {name: {}}}
        self._ask(lambda c: c.indices.create(index=new, body=body))
        self._building = True
        return new

    def _refresh(self) -> None:
        index = self._writable()
        self._ask(lambda c: c.indices.refresh(index=index))

    def _there(self, names: Iterable[str]) -> dict[str, tuple[str, int]]:
        """Of the letters named those that are there: digest and number of directives."""
        body = {"ids": list(names)}
        if not body["ids"]:
            return {}
        index, fields = self._writable(), ["digest", "directives"]
        found = self._ask(
            lambda c: c.mget(index=index, body=body, params={"_source": ",".join(fields)})
        )
        there = (doc for doc in found["docs"] if doc.get("found"))
        return {d["_id"]: (d["_source"]["digest"], d["_source"]["directives"]) for d in there}

    def _put(
        self, contents: Mapping[str, Content], there: Mapping[str, tuple[str, int]]
    ) -> dict[str, str]:
        """Index letters, the directives of each before itself: a letter that is there is whole.
        Returns for each that failed the reason."""
        below: list[Action] = []
        for name, content in contents.items():
            below += directive_documents(content)
            spare = range(len(content.directives), there.get(name, ("", 0))[1])
            below += [(directive_id(name, number), None) for number in spare]
        failed = self._bulk(below)
        broken = {name.rpartition("#")[0]: reason for name, reason in failed.items()}
        whole = [(n, letter_document(c)) for n, c in contents.items() if n not in broken]
        return {**broken, **self._bulk(whole)}

    def _bulk(self, actions: Sequence[Action]) -> dict[str, str]:
        """Write documents, or with None delete them; those the server is too busy for again after
        a while. Returns for each that failed the reason."""
        index, left = self._writable(), dict(actions)
        failed: dict[str, str] = {}
        for attempt in range(TRIES):
            if not left:
                break
            if attempt:
                time.sleep(pause(attempt))
            lines = [line for name, document in left.items() for line in lines_of(name, document)]
            try:
                answer = self._ask(lambda c, body=lines: c.bulk(body=body, index=index))
            except CongvanError as error:
                if error.values.get("status") not in _NOT_AS_A_WHOLE:
                    raise
                return failed | self._by_halves(left, str(error.values["reason"]))
            busy = {}
            for item in answer["items"]:
                (result,) = item.values()
                if result["status"] == 429:
                    busy[result["_id"]] = left[result["_id"]]
                elif result["status"] >= 300 and result["status"] != 404:
                    failed[result["_id"]] = str(result["error"].get("reason", result["error"]))[
                        :300
                    ]
            left = busy
        failed |= dict.fromkeys(left, "429")
        return failed

    def _by_halves(self, actions: Mapping[str, Document | None], reason: str) -> dict[str, str]:
        """Write documents of which the server takes not all at once: they are too large together,
        or one makes it refuse them all."""
        if len(actions) == 1:
            return dict.fromkeys(actions, reason)
        items = list(actions.items())
        middle = len(items) // 2
        return self._bulk(items[:middle]) | self._bulk(items[middle:])

    def _remove(self, names: Sequence[str]) -> int:
        """Delete letters with their directives; returns how many were there."""
        there = self._there(names)
        below = [
            (directive_id(n, i), None) for n, (_, count) in there.items() for i in range(count)
        ]
        with explained(self.target):
            self._bulk([*((name, None) for name in there), *below])
        if there:
            self._refresh()
        return len(there)

    def _known(self, keys: Collection[str]) -> Collection[str]:
        return self._values(("own", "cited"), keys)

    def _signers(self, names: Collection[str]) -> Collection[str]:
        return self._values(("signer_folded",), names)

    def _values(self, fields: Sequence[str], values: Collection[str]) -> Collection[str]:
        """Which of some values stand in some fields."""
        wanted = sorted(values)
        terms = {"include": wanted, "size": len(wanted), "execution_hint": "map"}
        body: Document = {
            "size": 0,
            "query": {"bool": {"should": [{"terms": {field: wanted}} for field in fields]}},
            "aggs": {field: {"terms": {"field": field, **terms}} for field in fields},
        }
        found = self._search(body)["aggregations"].values()
        return {bucket["key"] for agg in found for bucket in agg["buckets"]}


def _all_answered(found: Any) -> list[Any]:
    """The answers to several searches. Raises the client's TransportError where one failed."""
    from opensearchpy.exceptions import TransportError

    answers: list[Any] = found["responses"]
    for answer in answers:
        if "error" in answer:
            error = answer["error"]
            raise TransportError(answer.get("status"), error.get("type"), error.get("reason"))
    return answers


def _total(answer: Any) -> int:
    """How many documents a search found."""
    total: int = answer["hits"]["total"]["value"]
    return total


def _counts(agg: Any) -> dict[str, int]:
    """The letters of each value, most first. Those that are the same when folded are one, shown as
    most write it."""
    shown: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for bucket in agg["buckets"]:
        value = str(bucket["key"])
        name = shown.setdefault(fold(value), value)
        counts[name] += bucket.get("letters", {}).get("value", bucket["doc_count"])
    return dict(counts.most_common(MOST_FACETS))


@cache
def _template() -> Document:
    data = (files("pipeline.search") / "opensearch_template.json").read_text(encoding="utf-8")
    template: Document = json.loads(data)
    return template
