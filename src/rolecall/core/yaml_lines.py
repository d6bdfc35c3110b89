"""YAML with line numbers: a document as plain values, and the line of every key in it. Pure.

Three departures from PyYAML's safe loader. Two because of what people write in account lists: twelve digits are an
account id and stay a string (YAML 1.1 would read `012345670123` as an octal number), and a key given twice is a problem
rather than the last one winning. And an alias is refused: a few lines of aliases of aliases stand for a billion values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.constructor import ConstructorError
from yaml.reader import ReaderError

Path = tuple[str | int, ...]

_TWELVE_DIGITS = re.compile(r"[0-9]{12}")

_NAMES = re.compile(r"\b(alias|anchor|tag|tag handle) (?:'[^']*'|\"[^\"]*\")")
"""What PyYAML repeats of the text. A key pasted where its place should stand may begin with *, & or !."""


class YamlProblem(ValueError):
    """The text is not one YAML document that we take. `line` counts from 1."""

    def __init__(self, line: int | None, message: str, hint: str = "check the indentation and quotes there") -> None:
        super().__init__(message)
        self.line = line
        self.message = message
        self.hint = hint


@dataclass(frozen=True)
class Document:
    """A parsed document: its value, the line (from 1) of each path in it, and keys that were given twice."""

    value: Any
    lines: dict[Path, int] = field(default_factory=dict)
    repeated: tuple[Path, ...] = ()

    def line_of(self, path: Path) -> int | None:
        """The line of the deepest part of `path` that the document has."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return None


class _Loader(yaml.SafeLoader):
    """SafeLoader that leaves account ids as strings, takes no alias, and fails only with errors that tell a line."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            line = self.peek_event().start_mark.line + 1  # type: ignore[no-untyped-call]
            hint = "write the value itself, in quotes if it begins with *"
            raise YamlProblem(line, "an alias (*name) is not taken", hint)
        return super().compose_node(parent, index)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (yaml.YAMLError, RecursionError):
            raise
        except Exception as error:  # a constructor fails as the value makes it: ValueError, KeyError, AttributeError
            raise ConstructorError(
                None, None, "a value is not of the type that its form or tag says", node.start_mark
            ) from error


def _construct_int(loader: _Loader, node: yaml.ScalarNode) -> int | str:
    if _TWELVE_DIGITS.fullmatch(node.value):
        return str(node.value)
    return loader.construct_yaml_int(node)


_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)


def parse(text: str) -> Document:
    """Raises YamlProblem when `text` is not one YAML document of plain values."""
    loader = _loader(text)
    try:
        root = loader.get_single_node()
        if root is None:
            return Document(None)
        lines: dict[Path, int] = {}
        repeated: list[Path] = []
        _walk(root, (), lines, repeated)
        return Document(loader.construct_document(root), lines, tuple(repeated))
    except YamlProblem:
        raise
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = _NAMES.sub(r"\1", error.problem or "cannot be read")
        raise YamlProblem(mark.line + 1 if mark else None, message) from error
    except RecursionError as error:
        raise YamlProblem(loader.line + 1, "it is nested too deeply") from error
    except (ValueError, OverflowError) as error:  # the scanner's, for an escape that is no character
        raise YamlProblem(loader.line + 1, "a value cannot be read") from error
    finally:
        loader.dispose()


def _loader(text: str) -> _Loader:
    try:
        return _Loader(text)
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise YamlProblem(line, f"the character {error.character:#04x} has no place in YAML") from error


def _walk(node: yaml.Node, path: Path, lines: dict[Path, int], repeated: list[Path]) -> None:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            key_path = (*path, str(key.value))
            if key_path in lines:
                repeated.append(key_path)
            lines[key_path] = key.start_mark.line + 1
            _walk(value, key_path, lines, repeated)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _walk(item, (*path, index), lines, repeated)
