"""Every example in a docstring is true, and every public name exists."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import razem

if TYPE_CHECKING:
    from types import ModuleType

SOURCE = Path(razem.__file__).parent


def modules() -> list[str]:
    """Every module of the package but those that run when imported."""
    paths = (path.relative_to(SOURCE.parent) for path in SOURCE.rglob("*.py"))
    names = (".".join(path.with_suffix("").parts) for path in paths)
    return sorted(name.removesuffix(".__init__") for name in names if "__main__" not in name)


@pytest.fixture(params=modules())
def module(request: pytest.FixtureRequest) -> ModuleType:
    return import_module(request.param)


def test_examples(module: ModuleType) -> None:
    assert doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE).failed == 0


def test_public_names_exist(module: ModuleType) -> None:
    for name in getattr(module, "__all__", []):
        assert hasattr(module, name), name
    assert module.__doc__
