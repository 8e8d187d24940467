"""The tree is the architecture: who may import whom, and what must do no I/O.

Imports inside functions count too: they are as real as any other. Crossing a rule is a decision;
make it here, where it is seen.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import NamedTuple

import pytest

import razem

SOURCE = Path(razem.__file__).parent

# What each room may use besides itself: only what stands below it. The roof is above them all.
ABOVE_ALL = {"cli", "__main__"}
MAY_USE = {
    "errors": set(),
    "wire": {"errors"},
    "sockets": {"errors"},
    "aio": {"sockets", "errors"},
    "__init__": {
        "aio",
        "meet",
        "sockets",
        "errors",
    },  # the face, at the top; below, nobody looks at it
    "testing": {"sockets", "errors"},
    "meet": {"sockets", "errors"},
    "serve": {"sockets", "errors"},
    "talk": {"sockets", "errors"},
    "files": {"sockets", "errors"},
    "look": {"wire", "errors"},
    "hub": {"talk", "files", "meet", "sockets", "errors"},
}

# A protocol without I/O has no use for these: bytes, events and the time go in and come out.
IMPURE = {
    "asyncio",
    "multiprocessing",
    "os",
    "random",
    "secrets",
    "select",
    "selectors",
    "signal",
    "socket",
    "socketserver",
    "sqlite3",
    "ssl",
    "subprocess",
    "threading",
    "time",
    "uvloop",
}
PURE = [
    "razem.errors",
    "razem.files.chunking",
    "razem.files.differing",
    "razem.files.digests",
    "razem.files.entries",
    "razem.files.frames",
    "razem.files.messages",
    "razem.files.names",
    "razem.files.planning",
    "razem.files.receiving",
    "razem.files.sending",
    "razem.files.transcript",
    "razem.meet.codes",
    "razem.meet.desk",
    "razem.meet.messages",
    "razem.meet.proof",
    "razem.meet.words",
    "razem.sockets.address",
    "razem.sockets.buffer",
    "razem.sockets.happy",
    "razem.sockets.kinds",
    "razem.sockets.lasting",
    "razem.sockets.protocols",
    "razem.sockets.records",
    "razem.sockets.retry",
    "razem.sockets.services",
    "razem.sockets.syntax",
    "razem.talk.admission",
    "razem.talk.bans",
    "razem.talk.changes",
    "razem.talk.commands",
    "razem.talk.durations",
    "razem.talk.events",
    "razem.talk.client",
    "razem.talk.hub",
    "razem.talk.invitations",
    "razem.talk.irc",
    "razem.talk.model",
    "razem.talk.outbox",
    "razem.talk.render",
    "razem.talk.session",
    "razem.talk.state",
    "razem.talk.telling",
    "razem.talk.verdicts",
    "razem.testing.pump",
    "razem.wire",
]
# Of a pure package, the drivers that stand beside their protocol.
DRIVERS = {"razem.talk.client.driver", "razem.talk.client.mailbox"}


class Module(NamedTuple):
    """A module of ours, and what it imports, wherever the import stands."""

    name: str
    imports: frozenset[str]  # dotted names, absolute; those for type checkers only left out

    @property
    def room(self) -> str:
        parts = self.name.split(".")
        return parts[1] if len(parts) > 1 else "__init__"

    @property
    def rooms_used(self) -> set[str]:
        ours = [name.split(".") for name in self.imports if name.split(".")[0] == "razem"]
        return {parts[1] if len(parts) > 1 else "__init__" for parts in ours} - {self.room}


def read_modules() -> list[Module]:
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE.parent).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        package = parts[:-1]
        found.append(Module(name, frozenset(imports_of(path, package))))
    return found


def imports_of(path: Path, package: tuple[str, ...]) -> set[str]:
    """What a file imports when it runs."""
    names: set[str] = set()
    waiting: list[ast.AST] = [ast.parse(path.read_text("utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            # "from razem import aio" is an import of razem.aio, where there is such a module
            names |= {
                full if is_module(full := f"{module}.{alias.name}") else module
                for alias in node.names
            }
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            # "razem.room.module:function", as the tables of what is imported later have it
            head, colon, _ = node.value.partition(":")
            if colon and "." in head and is_module(head):
                names.add(head)
        waiting += ast.iter_child_nodes(node)
    return names


def is_module(name: str) -> bool:
    if not name.startswith("razem") or not name.replace(".", "_").isidentifier():
        return False
    path = SOURCE.parent.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


MODULES = read_modules()


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_rooms_use_only_what_is_below(module: Module) -> None:
    if module.room in ABOVE_ALL:
        return
    assert module.room in MAY_USE, "a room that DESIGN does not have: draw it first"
    wrong = module.rooms_used - MAY_USE[module.room]
    assert not wrong, f"{module.name} may not use {', '.join(sorted(wrong))}"


def test_nobody_imports_the_roof() -> None:
    users = {module.name for module in MODULES if "cli" in module.rooms_used}
    assert {module for module in users if module.split(".")[1] not in ABOVE_ALL} == set()


@pytest.mark.parametrize("name", PURE)
def test_protocols_stay_pure(name: str) -> None:
    modules = [
        module
        for module in MODULES
        if (module.name == name or module.name.startswith(f"{name}."))
        and module.name not in DRIVERS
    ]
    assert modules, f"{name} is expected to exist"
    for module in modules:
        used = {imported.split(".")[0] for imported in module.imports}
        assert not used & IMPURE, f"{module.name} uses {', '.join(sorted(used & IMPURE))}"


def test_the_reader_of_imports_sees_them_all(tmp_path: Path) -> None:
    path = tmp_path / "example.py"
    path.write_text(
        "import a.b, c\nfrom d import e\nfrom razem import aio\n"
        "if TYPE_CHECKING:\n    import unseen\nelse:\n    import f\n"
        "def function():\n    from razem.sockets import stream\n"
        "TABLE = {'x': 'razem.sockets.listener:listen', 'y': 'razem.nowhere:z'}\n"
    )
    assert imports_of(path, ("razem",)) == {
        "a.b",
        "c",
        "d",
        "f",
        "razem.aio",
        "razem.sockets.stream",
        "razem.sockets.listener",
    }
