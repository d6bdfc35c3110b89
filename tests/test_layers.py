"""Reads the imports of every module and holds the layers; and holds `core` to its purity."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "rolecall"
MODULES = sorted(SOURCE.rglob("*.py"))

ALLOWED = {
    "errors": set(),
    "core": {"core"},
    "ports": {"core"},
    "flows": {"flows", "core", "ports"},
    "aws": {"aws", "core", "ports"},
    "platforms": {"platforms", "core", "ports"},
    "reports": {"reports", "core"},
    "exports": {"exports", "core"},
    "sandbox": {"sandbox", "core"},
    "wiring": {"wiring", "core", "ports", "flows", "aws", "platforms"},
    "registry": {"registry", "core", "ports", "flows", "reports", "wiring"},
    "cli": {"cli", "core", "ports", "flows", "aws", "platforms", "reports", "exports", "wiring"},
}
OPTIONAL_PARTS = {
    "cli/commands/serve.py": "registry",
    "cli/commands/registry.py": "registry",
    "cli/registry_work.py": "registry",
    "cli/commands/registry_backup.py": "registry",
    "cli/commands/sandbox.py": "sandbox",
    "cli/demo.py": "sandbox",
}
"""The only modules of the command line that may import an optional part."""

CORE_LIBRARIES = {"pydantic", "pydantic_core", "yaml"}
IMPURE_MODULES = {
    *("asyncio", "io", "logging", "os", "pathlib", "random", "secrets", "shutil", "socket", "subprocess", "sys"),
    *("tempfile", "threading", "time", "urllib.request", "uuid"),
}
IMPURE_CALLS = {"open", "print", "input", "now", "utcnow", "today", "getenv", "read_text", "write_text"}


def layer_of(module: Path) -> str:
    return module.relative_to(SOURCE).with_suffix("").parts[0]


def imports_of(module: Path, text: str | None = None) -> Iterator[str]:
    """The absolute names of all imports, wherever in the module, relative ones resolved."""
    package = ["rolecall", *module.relative_to(SOURCE).parts[:-1]]
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8") if text is None else text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            prefix = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{prefix}.{alias.name}" for alias in node.names)


def crossings(module: Path, text: str | None = None) -> Iterator[str]:
    """Imports of our own that the layer does not allow; the version and the errors are everybody's."""
    name = module.relative_to(SOURCE).as_posix()
    allowed = ALLOWED.get(layer_of(module), set()) | {OPTIONAL_PARTS.get(name, "")}
    for imported in imports_of(module, text):
        parts = imported.split(".")
        if parts[0] == "rolecall" and len(parts) > 1 and parts[1] not in {"__version__", "errors", *allowed}:
            yield f"{name} imports {imported}"


@pytest.mark.parametrize("module", [path for path in MODULES if layer_of(path) in ALLOWED], ids=str)
def test_a_module_imports_only_what_its_layer_may(module: Path) -> None:
    assert list(crossings(module)) == []


def test_every_module_has_a_layer() -> None:
    roots = {"__init__", "__main__"}
    assert {layer_of(module) for module in MODULES} - roots <= set(ALLOWED)


@pytest.mark.parametrize("module", [path for path in MODULES if layer_of(path) == "core"], ids=str)
def test_core_is_pure(module: Path) -> None:
    imported = set(imports_of(module))
    roots = {name.split(".")[0] for name in imported}
    assert roots - sys.stdlib_module_names <= CORE_LIBRARIES | {"rolecall"}
    assert not {name for name in IMPURE_MODULES if any((found + ".").startswith(name + ".") for found in imported)}
    called = {
        _called(node.func) for node in ast.walk(ast.parse(module.read_text("utf-8"))) if isinstance(node, ast.Call)
    }
    assert called & IMPURE_CALLS == set()


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def test_an_import_across_layers_is_seen() -> None:
    """The test itself can fail: absolute, relative and function-level imports are all read."""
    text = "from ..aws import client\ndef f():\n    import rolecall.flows.apply\n"
    assert list(crossings(SOURCE / "core" / "planted.py", text)) == [
        "core/planted.py imports rolecall.aws.client",
        "core/planted.py imports rolecall.flows.apply",
    ]


HEAVY = ("boto3", "botocore", "rich", "pydantic", "aiohttp", "yaml", "fastapi", "moto", "asyncio")


@pytest.mark.parametrize(
    ("command", "heavy"),
    [
        (["--help"], HEAVY),
        (["--version"], HEAVY),
        (["plan", "--help"], tuple(set(HEAVY) - {"pydantic"})),  # typer itself reads a command's options with it
    ],
    ids=["--help", "--version", "plan --help"],
)
def test_help_imports_nothing_heavy(command: list[str], heavy: tuple[str, ...]) -> None:
    code = (
        f"import sys; sys.argv = ['rolecall', *{command!r}]\n"
        "from rolecall.cli.main import main\n"
        "try:\n    main()\nfinally:\n"
        f"    print('HEAVY', [name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "HEAVY []", done.stdout + done.stderr


_ASIDE = {"sandbox", "serve", "demo"}
"""The commands that may use the sandbox or the registry."""


@pytest.mark.parametrize("arguments", [["--help"], []], ids=["its help", "a run without a config"])
def test_no_other_command_imports_the_sandbox(arguments: list[str], tmp_path: Path) -> None:
    from rolecall.cli.main import app

    names = [command.name for command in app.registered_commands if command.name and command.name not in _ASIDE]
    assert len(names) >= 6
    code = (
        "import sys\nfrom rolecall.cli.main import main\n"
        f"for name in {names!r}:\n"
        f"    sys.argv = ['rolecall', name, *{arguments!r}]\n"
        "    try:\n        main()\n    except SystemExit:\n        pass\n"
        "print('ASIDE', [name for name in sys.modules if name.split('.')[0] == 'moto' or "
        "name.startswith(('rolecall.sandbox', 'rolecall.registry'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.stdout.splitlines()[-1] == "ASIDE []", done.stdout + done.stderr
