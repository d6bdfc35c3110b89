"""`python -m bench`: all measurements, or the named ones, as tables on stdout. Writes no files."""

from __future__ import annotations

import argparse
import os
import platform

from bench import plan, roll_call, startup

SUBJECTS = ("startup", "roll-call", "plan", "sandbox")


def main() -> None:
    options = _parser().parse_args()
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(machine, flush=True)
    subjects = options.subjects or SUBJECTS
    if "startup" in subjects:
        print(startup.report(options.runs), flush=True)
    if "roll-call" in subjects:
        setting = roll_call.Setting(options.latency / 1000, options.concurrency, options.rounds)
        for accounts in options.accounts:
            print(roll_call.report(accounts, setting), flush=True)
    if "plan" in subjects:
        print(plan.report(options.accounts), flush=True)
    if "sandbox" in subjects:
        from bench import sandbox  # late, so that the roll call's children do not begin with its memory

        print(sandbox.report(options.accounts), flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Rolecall beside the usual ways.")
    parser.add_argument("subjects", type=_subject, nargs="*", metavar="SUBJECT", help=", ".join(SUBJECTS))
    parser.add_argument("--accounts", type=_at_least_one, nargs="+", default=[100, 1000], metavar="N")
    parser.add_argument("--latency", type=float, default=30, metavar="MS", help="of each AWS answer (30)")
    parser.add_argument("--concurrency", type=_at_least_one, default=50, metavar="N", help="accounts at a time (50)")
    parser.add_argument("--rounds", type=_at_least_one, default=3, metavar="N", help="of the roll call (3)")
    parser.add_argument("--runs", type=_at_least_one, default=10, metavar="N", help="of each start (10)")
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
