"""`python -m bench.contestants FUNCTION`: one contestant's run, measured, as one JSON object on stdout.

The work is a JSON object on standard input. AWS is wherever the environment says: AWS_ENDPOINT_URL, and credentials in
its variables.
"""

from __future__ import annotations

import argparse
import json
import pkgutil
import sys

from bench.contestants.stopwatch import Stopwatch
from bench.workload import Work


def main() -> None:
    watch = Stopwatch()
    parser = argparse.ArgumentParser(prog="python -m bench.contestants")
    parser.add_argument("function", help="such as bench.contestants.engine:run")
    run = pkgutil.resolve_name(parser.parse_args().function)
    told = json.load(sys.stdin)
    well = run(Work(told["accounts"], told["concurrency"], tuple(told["actions"])), watch)
    print(json.dumps({"well": well, **watch.measured()}))


if __name__ == "__main__":
    main()
