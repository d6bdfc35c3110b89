from __future__ import annotations

from collections.abc import Callable

import pytest

from rolecall.registry.auth import Role
from rolecall.registry.checks.begin import check_pipeline
from rolecall.registry.database.engine import Database
from rolecall.registry.database.models import PipelineRow, SubtaskRow
from rolecall.registry.discovery.begin import discovery_pipeline
from rolecall.registry.pipelines import store
from rolecall.registry.pipelines.terms import NewPipeline, User
from tests.registry.fakes import FakeNow

from .visitor import Visitor, text_of

Audited = Callable[[], list[tuple[str, str]]]


@pytest.fixture
def begin(database: Database, now: FakeNow) -> Callable[[NewPipeline], None]:
    def begin(new: NewPipeline) -> None:
        with database.transaction() as session:
            assert store.begin(session, new, User(1, "<b>somebody</b>"), now())

    return begin


Begin = Callable[[NewPipeline], None]


@pytest.fixture
def end(database: Database, now: FakeNow) -> Callable[..., None]:
    """Ends subtasks as a worker would: by their ids, in those states."""

    def end(states: dict[int, str], progress: str = "assumed the role") -> None:
        with database.transaction() as session:
            for subtask_id, state in states.items():
                subtask = session.get_one(SubtaskRow, subtask_id)
                subtask.state, subtask.progress = state, [progress]
            pipeline = store.locked(session, subtask.pipeline_id)
            assert pipeline
            store.settle(session, pipeline, now())

    return end


End = Callable[..., None]


def test_pipelines_are_listed_newest_first_with_who_and_how_far(analyst: Visitor, begin: Begin, end: End) -> None:
    begin(check_pipeline(["one", "two", "three"]))
    begin(discovery_pipeline("management", "CadoResponseRole"))
    end({1: "SUCCESS", 2: "FAILURE"})
    page = analyst.text("/pipelines")
    assert page.index("Account discovery with management") < page.index("Account check of 3 accounts")
    assert "Running Account check of 3 accounts 2 of 3 done, 1 failed <b>somebody</b>" in page


def test_the_list_asks_again_while_something_runs(analyst: Visitor, begin: Begin, end: End) -> None:
    begin(check_pipeline(["one"]))
    asks = 'hx-get="/pipelines?type=healthcheck&amp;page=1" hx-trigger="every 2s"'
    assert asks in analyst.get("/pipelines", type="healthcheck").text
    end({1: "SUCCESS"})
    assert "every 2s" not in analyst.get("/pipelines").text


@pytest.mark.parametrize(
    ("query", "shown"),
    [({"type": "healthcheck"}, {1}), ({"type": "accountdiscovery"}, {2}), ({"status": "complete"}, {1}), ({}, {1, 2})],
)
def test_pipelines_are_filtered(
    analyst: Visitor, begin: Begin, end: End, query: dict[str, str], shown: set[int]
) -> None:
    begin(check_pipeline(["one"]))
    begin(discovery_pipeline("management", "CadoResponseRole"))
    end({1: "SUCCESS"})
    page = analyst.get("/pipelines", **query).text
    assert {number for number in (1, 2) if f'href="/pipelines/{number}"' in page} == shown


def test_one_pipeline_tells_of_its_subtasks_and_asks_again_until_it_ends(
    analyst: Visitor, begin: Begin, end: End
) -> None:
    begin(check_pipeline(["one", "two"]))
    end({1: "RUNNING"}, progress="asks <AWS>")
    page = analyst.get("/pipelines/1").text
    assert 'hx-get="/pipelines/1/live" hx-trigger="every 2s"' in page
    assert "asks &lt;AWS&gt;" in page
    end({1: "SUCCESS", 2: "FAILURE"})
    live = analyst.ask("/pipelines/1/live")
    assert "hx-get" not in live.text
    assert "<html" not in live.text
    assert "2 of 2 done, 1 failed" in text_of(live)


def test_of_many_subtasks_those_that_matter_come_first_and_the_rest_is_counted(
    analyst: Visitor, begin: Begin, end: End
) -> None:
    begin(check_pipeline([f"n{number:03}" for number in range(130)]))
    end({120: "FAILURE", 125: "RUNNING"})
    page = analyst.text("/pipelines/1")
    assert page.index("Check n124") < page.index("Check n119") < page.index("Check n000")
    assert "And 30 more." in page
    failed = analyst.text("/pipelines/1", state="FAILURE")
    assert "Check n119" in failed
    assert "Check n000" not in failed
    assert 'hx-get="/pipelines/1/live?state=FAILURE"' in analyst.get("/pipelines/1", state="FAILURE").text


def test_a_pipeline_is_cancelled_once(administrator: Visitor, begin: Begin, audited: Audited) -> None:
    begin(check_pipeline(["one"]))
    assert "Cancelled" in administrator.follow(administrator.send("/pipelines/1/cancel"))
    again = administrator.send("/pipelines/1/cancel")
    assert again.status_code == 409
    assert "Pipeline 1 has ended: cancelled." in text_of(again)
    assert audited() == [("pipeline_cancelled", "pipeline 1")]


def test_a_pipeline_is_run_again_when_it_has_ended(
    administrator: Visitor, begin: Begin, end: End, audited: Audited, database: Database
) -> None:
    begin(check_pipeline(["one", "two"]))
    assert administrator.send("/pipelines/1/again").status_code == 409
    end({1: "SUCCESS", 2: "FAILURE"})
    answer = administrator.send("/pipelines/1/again")
    assert answer.headers["location"] == "/pipelines/2"
    assert "0 of 2 done" in administrator.follow(answer)
    assert audited() == [("pipeline_begun_again", "pipeline 1")]
    with database.reading() as session:
        assert session.get_one(PipelineRow, 2).user_name == "Administrator's key"


@pytest.mark.parametrize("path", ["/pipelines/7", "/pipelines/7/live", "/pipelines/7/brief", "/pipelines/x"])
def test_a_pipeline_that_is_not_there_is_not_found(analyst: Visitor, path: str) -> None:
    assert analyst.get(path).status_code == 404


def test_who_may_look_may_not_touch(signed_in: Callable[[Role], Visitor], begin: Begin, audited: Audited) -> None:
    begin(check_pipeline(["one"]))
    reader = signed_in(Role.READ_ONLY_ANALYST)
    assert "<form" not in reader.get("/pipelines/1").text.partition("<main")[2]
    token = reader.browser.get("/pipelines").text.partition('name="form_token" value="')[2][:64]
    answer = reader.browser.post("/pipelines/1/cancel", data={"form_token": token})
    assert answer.status_code == 403
    assert "The role Read Only Analyst may not begin or cancel pipelines." in text_of(answer)
    assert audited() == []
