"""`python -m bench.contestants FUNCTION`: one contestant's run, measured, as one JSON object on stdout.

AWS is wherever the environment says: AWS_ENDPOINT_URL, and credentials in its variables.
"""

from __future__ import annotations

import argparse
import json
import pkgutil

from bench.contestants.stopwatch import Stopwatch


def main() -> None:
    watch = Stopwatch()
    parser = argparse.ArgumentParser(prog="python -m bench.contestants")
    parser.add_argument("function", help="such as bench.contestants.engine:run")
    parser.add_argument("--accounts", type=int, required=True)
    parser.add_argument("--concurrency", type=int, required=True)
    options = parser.parse_args()
    run = pkgutil.resolve_name(options.function)
    from bench.workload import Work  # with rolecall's own imports, which belong to the set-up

    well = run(Work(options.accounts, options.concurrency), watch)
    print(json.dumps({"well": well, **watch.measured()}))


if __name__ == "__main__":
    main()
