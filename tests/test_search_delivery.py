"""An output folder put into an index: again, after a break, with records gone; a rebuild."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.search_letters import letters
from pipeline.errors import CongvanError, UsageError
from pipeline.record import Record
from pipeline.search import connect, deliver, opensearch_server
from pipeline.search.deliver import Delivered
from pipeline.search.opensearch import OpenSearchIndex
from tests.conftest import NewIndex
from tests.opensearch_line import line_to


def write(folder: Path, count: int, seed: int = 1) -> list[str]:
    """Records as `congvan process` leaves them."""
    names = []
    for record in letters(count, seed):
        write_one(folder, record)
        names.append(record.document_id)
    return names


def write_one(folder: Path, record: Record) -> None:
    place = folder / record.document_id
    place.mkdir(parents=True, exist_ok=True)
    (place / "record.json").write_text(record.to_json(), encoding="utf-8")


def send(folder: Path, target: str, *, withdraw: bool = False, rebuild: bool = False) -> Delivered:
    with connect(target, rebuild=rebuild) as index:
        return deliver.deliver(folder, index, withdraw=withdraw)


def held(target: str) -> list[str]:
    with connect(target) as index:
        return list(index.document_ids())


def test_a_second_delivery_sends_nothing(tmp_path: Path, new_index: NewIndex) -> None:
    target = new_index()
    names = write(tmp_path, 12)
    assert send(tmp_path, target).unchanged == 0
    again = send(tmp_path, target)
    assert (again.indexed, again.unchanged) == (12, 12)
    assert held(target) == names


def test_without_its_memory_the_index_still_knows(tmp_path: Path, new_index: NewIndex) -> None:
    target = new_index()
    write(tmp_path, 6)
    send(tmp_path, target)
    (tmp_path / deliver.MEMORY).unlink()
    assert send(tmp_path, target).unchanged == 6


def test_an_index_that_was_lost_is_filled_again(tmp_path: Path) -> None:
    """What another index acknowledged says nothing of this one, though its place is the same."""
    target = tmp_path / "letters.sqlite"
    write(tmp_path / "out", 5)
    send(tmp_path / "out", str(target))
    target.unlink()
    assert send(tmp_path / "out", str(target)).unchanged == 0
    assert len(held(str(target))) == 5


def test_vanished_records_are_told_and_withdrawn_when_asked(
    tmp_path: Path, new_index: NewIndex
) -> None:
    target = new_index()
    names = write(tmp_path, 5)
    send(tmp_path, target)
    shutil.rmtree(tmp_path / names[2])
    assert send(tmp_path, target).gone == (names[2],)
    assert held(target) == names
    assert send(tmp_path, target, withdraw=True).withdrawn == 1
    assert held(target) == [*names[:2], *names[3:]]
    assert send(tmp_path, target, withdraw=True).gone == ()


def test_a_record_that_cannot_be_read_is_not_withdrawn(tmp_path: Path, new_index: NewIndex) -> None:
    target = new_index()
    names = write(tmp_path, 3)
    send(tmp_path, target)
    (tmp_path / names[0] / "record.json").write_text("{", encoding="utf-8")
    done = send(tmp_path, target, withdraw=True)
    assert (len(done.errors), done.withdrawn) == (1, 0)
    assert held(target) == names


def test_letters_of_other_folders_stay(tmp_path: Path, new_index: NewIndex) -> None:
    target = new_index()
    names = write(tmp_path / "one", 4)
    send(tmp_path / "one", target)
    (other,) = letters(1, seed=9)
    write_one(tmp_path / "two", other.model_copy(update={"document_id": "other"}))
    assert send(tmp_path / "two", target, withdraw=True).withdrawn == 0
    assert held(target) == [*names, "other"]


def test_changed_records_are_sent_again(tmp_path: Path, new_index: NewIndex) -> None:
    target = new_index()
    write(tmp_path, 4)
    send(tmp_path, target)
    (record,) = letters(1)
    pages = [record.pages[0].model_copy(update={"text": "thuyền thúng"}), *record.pages[1:]]
    write_one(tmp_path, record.model_copy(update={"pages": pages}))
    assert send(tmp_path, target).unchanged == 3
    with connect(target) as index:
        assert index.search('"thuyền thúng"').hits[0].document_id == record.document_id


def test_a_rebuild_answers_from_the_older_until_it_is_done(
    tmp_path: Path, new_index: NewIndex
) -> None:
    target = new_index()
    names = write(tmp_path / "old", 4)
    send(tmp_path / "old", target)
    write(tmp_path / "new", 7)
    with connect(target, rebuild=True) as index:
        deliver.deliver(tmp_path / "new", index)
        assert held(target) == names
    assert len(held(target)) == 7
    send(tmp_path / "new", target, rebuild=True)
    assert len(held(target)) == 7


def test_a_rebuild_that_fails_leaves_the_older(tmp_path: Path, new_index: NewIndex) -> None:
    target = new_index()
    names = write(tmp_path, 4)
    send(tmp_path, target)

    def failing() -> Iterator[Record]:
        yield from letters(3, seed=5)
        raise CongvanError("interrupted")

    with pytest.raises(CongvanError), connect(target, rebuild=True) as index:
        index.add(failing())
    assert held(target) == names
    send(tmp_path, target, rebuild=True)
    assert held(target) == names


def test_a_file_that_is_no_index_is_not_rebuilt(tmp_path: Path) -> None:
    write(tmp_path / "out", 1)
    other = tmp_path / "novel.sqlite"
    other.write_text("not ours")
    with pytest.raises(UsageError):
        send(tmp_path / "out", str(other), rebuild=True)
    assert other.read_text() == "not ours"


def test_a_line_cut_in_the_middle_loses_nothing(
    tmp_path: Path, opensearch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opensearch_server, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(deliver, "BATCH", 10)
    names = write(tmp_path, 45)
    with line_to(opensearch) as (line, address):
        target = f"{address}/cut"
        line.requests = 5
        with pytest.raises(CongvanError) as error:
            send(tmp_path, target)
        assert error.value.code == "server_unreachable"
        line.requests = 10**9
        there = held(target)
        assert 0 < len(there) < 45
        assert send(tmp_path, target).unchanged >= 20
        assert held(target) == names
        with connect(target) as index:
            assert index.search("kind:directive rà soát").total
            assert index.search("kind:letter").total == 45


def test_a_line_cut_for_a_moment_is_not_even_noticed(
    opensearch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opensearch_server, "FIRST_PAUSE", 0.01)
    with line_to(opensearch) as (line, address):
        line.requests = 0
        timer = threading.Timer(0.05, lambda: setattr(line, "requests", 10**9))
        timer.start()
        with connect(f"{address}/moment") as index:
            assert index.add(letters(5)).indexed == 5
        timer.join()


def test_a_busy_server_is_asked_again(opensearch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real node answers 429 to single items when its queue is full, which a test cannot bring
    about; here its true answers are altered on the way."""
    monkeypatch.setattr(opensearch_server, "FIRST_PAUSE", 0.01)
    with connect(f"{opensearch}/busy") as index:
        assert isinstance(index, OpenSearchIndex)
        asked = index._ask
        refusals = [2]

        def busy(action: object) -> object:
            answer = asked(action)
            if isinstance(answer, dict) and "items" in answer and refusals[0]:
                refusals[0] -= 1
                for item in answer["items"][::2]:
                    for result in item.values():
                        result.update(status=429)
            return answer

        monkeypatch.setattr(index, "_ask", busy)
        assert index.add(letters(8)).indexed == 8
        assert index.search("kind:letter").total == 8


def test_an_item_the_server_cannot_take_is_told(opensearch: str) -> None:
    (good, bad) = letters(2)
    broken = bad.model_copy(update={"document_id": "x" * 600})
    with connect(f"{opensearch}/items") as index:
        added = index.add([good, broken])
        assert added.indexed == 1
        assert [r.code for r in added.refused] == ["index_item_failed"]
        assert "Validation Failed" in added.refused[0].message
        assert list(index.document_ids()) == [good.document_id]


def test_another_schema_asks_for_a_rebuild(opensearch: str) -> None:
    target = f"{opensearch}/schema"
    with connect(target) as index:
        index.add(letters(2))
        assert isinstance(index, OpenSearchIndex)
        change = {"_meta": {"congvan_schema": 99}}
        index._ask(lambda c: c.indices.put_mapping(index="schema", body=change))
    with pytest.raises(UsageError) as error:
        connect(target).search("x")
    assert error.value.code == "index_schema"
    with connect(target, rebuild=True) as index:
        index.add(letters(2))
    with connect(target) as index:
        assert index.search("kind:letter").total == 2


def test_what_is_no_index_of_ours_is_left_alone(opensearch: str) -> None:
    with connect(f"{opensearch}/ours") as index:
        index.add(letters(1))
    with pytest.raises(UsageError) as error:
        connect(f"{opensearch}/ours-000001").add(letters(1))
    assert error.value.code == "index_not_an_index"
    with pytest.raises(UsageError) as error:
        connect(f"{opensearch}/nothing").search("x")
    assert error.value.code == "index_missing"


def test_a_server_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opensearch_server, "FIRST_PAUSE", 0.001)
    with pytest.raises(CongvanError) as error:
        connect("http://127.0.0.1:9/letters").search("x")
    assert error.value.code == "server_unreachable"
