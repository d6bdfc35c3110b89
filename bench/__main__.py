"""`python -m bench`: all measurements, or the named ones, as tables on stdout. Writes no files but the peers' venvs."""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Iterator, Sequence

from bench import plan, roll_call, startup, whole
from bench.contestants import CONTESTANTS

SUBJECTS = ("startup", "roll-call", "whole", "plan", "sandbox", "registry")
_SIZES = (100, 1_000, 10_000)
_SANDBOX_SIZES = (100, 1_000)
_REGISTRY_SIZES = (10, 10_000)
_AWS_LATENCY = 30.0


def main() -> None:
    options = _parser().parse_args()
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for report in _reports(options, options.subjects or SUBJECTS):
        print(report, flush=True)


def _reports(options: argparse.Namespace, subjects: Sequence[str]) -> Iterator[str]:
    sizes = options.accounts or _SIZES
    if "startup" in subjects:
        yield startup.report(options.runs)
    if "roll-call" in subjects:
        latency = 0 if options.latency is None else options.latency / 1000
        yield from roll_call.reports(
            sizes,
            roll_call.Setting(latency, options.concurrency, options.rounds, options.slow_accounts, options.only),
        )
    if "whole" in subjects:
        latency = (_AWS_LATENCY if options.latency is None else options.latency) / 1000
        yield from whole.reports(sizes, whole.Setting(latency, options.quotas, options.simulations))
    if "plan" in subjects:
        yield plan.report(sizes)
    if "sandbox" in subjects:
        from bench import sandbox  # late, so that the roll call's children do not begin with its memory

        yield sandbox.report(options.accounts or _SANDBOX_SIZES)
    if "registry" in subjects:
        from bench.registry import asking

        yield asking.report(options.accounts or _REGISTRY_SIZES, asking.Setting(options.rate, options.seconds))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Rolecall beside the usual ways.")
    parser.add_argument("subjects", type=_subject, nargs="*", metavar="SUBJECT", help=", ".join(SUBJECTS))
    parser.add_argument("--accounts", type=_at_least_one, nargs="+", metavar="N", help="(100 1000 10000)")
    parser.add_argument(
        "--latency", type=float, metavar="MS", help=f"of each AWS answer (roll-call: 0, whole: {_AWS_LATENCY:.0f})"
    )
    parser.add_argument("--runs", type=_at_least_one, default=10, metavar="N", help="of each start (10)")
    roll = parser.add_argument_group("roll-call")
    roll.add_argument("--only", nargs="+", default=[], choices=[one.name for one in CONTESTANTS], metavar="CLIENT")
    roll.add_argument("--concurrency", type=_at_least_one, default=50, metavar="N", help="accounts at a time (50)")
    roll.add_argument("--rounds", type=_at_least_one, default=3, metavar="N", help="up to 1,000 accounts (3)")
    roll.add_argument("--slow-accounts", type=_at_least_one, default=100, metavar="N", help="for slow clients (100)")
    all_of_it = parser.add_argument_group("whole")
    all_of_it.add_argument("--no-quotas", dest="quotas", action="store_false", help="limit no rate")
    all_of_it.add_argument("--simulations", type=float, metavar="RATE", help="a second; AWS publishes none (no limit)")
    registry = parser.add_argument_group("registry")
    registry.add_argument("--rate", type=float, default=50, metavar="N", help="requests a second (50)")
    registry.add_argument("--seconds", type=float, default=20, metavar="N", help="of each question (20)")
    return parser


def _subject(text: str) -> str:
    if text not in SUBJECTS:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(SUBJECTS)}")
    return text


def _at_least_one(text: str) -> int:
    if int(text) < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return int(text)


if __name__ == "__main__":
    main()
