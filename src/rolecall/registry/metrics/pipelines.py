"""Pipelines as metrics: how many by type and status, and how long they took. Only reads the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric
from sqlalchemy import ColumnElement, Float, Row, case, func, select
from sqlalchemy.orm import Session

from rolecall.registry.database.models import PipelineRow
from rolecall.registry.metrics.state import PREFIX
from rolecall.registry.pipelines.terms import PipelineStatus, PipelineType

_BOUNDS = (1, 5, 15, 60, 300, 900, 3600, 14_400)
"""Of the durations, in seconds: one account's check takes seconds, ten thousand accounts' an hour or two."""
_NOT_ENDED = -1


def of_pipelines(session: Session, dialect: str) -> Iterator[Metric]:
    """`dialect`: the database's, `sqlite` or `postgresql`."""
    counted = session.execute(_counted(dialect)).all()
    yield _by_status(counted)
    yield _durations(counted)


def _counted(dialect: str) -> Any:
    """By type, status and bucket of the duration: how many, and their seconds in all. The table is read once."""
    seconds = _seconds(dialect)
    bucket = case(
        (PipelineRow.finished_at.is_(None) | PipelineRow.started_at.is_(None), _NOT_ENDED),
        *((seconds <= bound, index) for index, bound in enumerate(_BOUNDS)),
        else_=len(_BOUNDS),
    ).label("bucket")
    columns = (PipelineRow.type, PipelineRow.status, bucket)
    told = (func.count().label("number"), func.coalesce(func.sum(seconds), 0.0).label("seconds"))
    return select(*columns, *told).group_by("type", "status", "bucket")


def _seconds(dialect: str) -> ColumnElement[float]:
    """From start to end. SQLite has no type for times: https://sqlite.org/lang_datefunc.html"""
    if dialect == "sqlite":
        days: ColumnElement[float] = func.julianday(PipelineRow.finished_at) - func.julianday(PipelineRow.started_at)
        return days * 86_400.0
    return func.extract("epoch", PipelineRow.finished_at - PipelineRow.started_at).cast(Float)


def _by_status(counted: Sequence[Row[Any]]) -> Metric:
    family = GaugeMetricFamily(f"{PREFIX}_pipelines", "Pipelines by type and status.", labels=["type", "status"])
    for type in PipelineType:
        for status in PipelineStatus:
            numbers = (row.number for row in counted if (row.type, row.status) == (type.value, status.value))
            family.add_metric([type.value, status.value], sum(numbers))
    return family


def _durations(counted: Sequence[Row[Any]]) -> Metric:
    family = HistogramMetricFamily(
        f"{PREFIX}_pipeline_duration_seconds", "How long pipelines took that began and ended, by type.", labels=["type"]
    )
    for type in PipelineType:
        ended = [row for row in counted if row.type == type.value and row.bucket != _NOT_ENDED]
        numbers = {index: sum(row.number for row in ended if row.bucket == index) for index in range(len(_BOUNDS) + 1)}
        family.add_metric([type.value], _buckets(numbers), sum_value=sum(row.seconds for row in ended))
    return family


def _buckets(numbers: Mapping[int, int]) -> list[tuple[str, float]]:
    bounds = (*(str(float(bound)) for bound in _BOUNDS), "+Inf")
    return list(zip(bounds, map(float, accumulate(numbers.values())), strict=True))
