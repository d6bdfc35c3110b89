"""Prints the part of the lock file that an extra or some packages need, with its hashes. Only by the standard library.

`python tools/part_of_lock.py --extra registry`: rolecall with that extra. `python tools/part_of_lock.py hatchling`: one
package. What needs what is told by the lock file's own `# via` lines.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
_PACKAGE = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)
_VIA = re.compile(r"^    # (?:via |  )([A-Za-z0-9._-]+)", re.MULTILINE)


def part(lock: str, wanted: Iterable[str]) -> str:
    """The entries of these packages and of all that they need. Raises KeyError for one that is not locked."""
    entries = dict(_entries(lock))
    needs = _needs(entries)
    found: set[str] = set()
    open_ = [_normal(name) for name in wanted]
    while open_:
        name = open_.pop()
        if name not in found:
            entries[name]  # a package that is not locked
            found.add(name)
            open_ += needs[name]
    return "".join(text for name, text in entries.items() if name in found)


def wanted_by(pyproject: str, extras: Iterable[str]) -> Iterator[str]:
    """The packages that rolecall itself and these extras name."""
    project = tomllib.loads(pyproject)["project"]
    named = [*project["dependencies"], *(each for extra in extras for each in project["optional-dependencies"][extra])]
    yield from (re.split(r"[\[<>=!~; ]", each, maxsplit=1)[0] for each in named)


def _entries(lock: str) -> Iterator[tuple[str, str]]:
    starts = list(_PACKAGE.finditer(lock))
    ends = [match.start() for match in starts[1:]] + [len(lock)]
    for match, end in zip(starts, ends, strict=True):
        yield _normal(match[1]), lock[match.start() : end]


def _needs(entries: Mapping[str, str]) -> Mapping[str, set[str]]:
    """package -> what it needs."""
    needs: dict[str, set[str]] = defaultdict(set)
    for name, text in entries.items():
        for parent in _VIA.findall(text):
            needs[_normal(parent)].add(name)
    return needs


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", nargs="*")
    parser.add_argument("--extra", action="append", default=[])
    options = parser.parse_args()
    wanted = list(options.packages)
    if options.extra:
        wanted += wanted_by((ROOT / "pyproject.toml").read_text("utf-8"), options.extra)
    sys.stdout.write(part((ROOT / "requirements.lock").read_text("utf-8"), wanted))


if __name__ == "__main__":
    main()
