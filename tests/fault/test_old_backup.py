"""A server that is started on an old copy of its database takes nothing, says why, and is read."""

import shutil
from pathlib import Path

import httpx
import pytest

from tests.api.served import RECORD, bearer
from tests.fault.test_sigterm import goc_serve, prepared

PATIENCE = 600  #: looks at the published log

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]


def published(address: str) -> int:
    """The size of the published log."""
    answer = httpx.get(f"{address}/log/checkpoint")
    return int(answer.text.splitlines()[1]) if answer.status_code == 200 else 0


def test_a_server_on_an_old_copy_takes_nothing_and_says_what_to_do(tmp_path: Path) -> None:
    token, size, (records, *_) = prepared(tmp_path, 4)
    headers = {"content-type": RECORD, "accept-language": "en", **bearer(token)}
    copy = tmp_path / "copy.db"
    shutil.copy(tmp_path / "goc.db", copy)
    with goc_serve(tmp_path) as (_, address):
        for record in records[:3]:
            answer = httpx.post(f"{address}/api/v1/records", content=record.wire, headers=headers)
            assert answer.status_code == 201
        for _ in range(PATIENCE):
            if published(address) == size + 3:
                break
        else:
            raise AssertionError("the log is not published")
    for end in ("-wal", "-shm"):
        (tmp_path / f"goc.db{end}").unlink(missing_ok=True)
    shutil.copy(copy, tmp_path / "goc.db")

    with goc_serve(tmp_path, "/health/live") as (_, address):
        for record in (records[3], records[0]):  # a new one, and one that it had forgotten
            answer = httpx.post(f"{address}/api/v1/records", content=record.wire, headers=headers)
            assert answer.status_code == 503
            problem = answer.json()
            assert problem["code"] == "ledger.rolled-back"
            assert problem["params"] == {"size": size, "published": size + 3}
            assert "must restore a newer backup or another replica" in problem["detail"]
        assert httpx.get(f"{address}/api/v1/log").json()["size"] == size  # and it is read
        assert published(address) == size + 3
        assert httpx.get(f"{address}/health/ready").status_code == 503
