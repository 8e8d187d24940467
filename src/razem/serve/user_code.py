"""A user's function as a service: from a file, and again when that has changed."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from razem.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["UserCode"]


class UserCode:
    """A function in a file of Python, such as ``app.py:handler``.

    Args:
        text: the path of the file, a colon, and the name of the function.

    Attributes:
        is_async: whether it is a coroutine function, and stays one.

    Raises:
        ConfigError: there is no such function, or the file cannot be run.
    """

    def __init__(self, text: str) -> None:
        path, _, self._name = text.rpartition(":")
        self._path = Path(path).absolute()
        self._function = self._load()
        self._state = self._look()
        self.is_async = inspect.iscoroutinefunction(self._function)

    def __call__(self, *arguments: Any) -> Any:
        """Call the function as it is now."""
        return self._function(*arguments)

    def reload(self) -> bool:
        """Load it again if its file, or one beside it that it imports, has changed.

        Returns:
            Whether it was loaded.

        Raises:
            ConfigError: it cannot be any more; the function of before stays.
        """
        state = self._look()
        if state == self._state:
            return False
        self._state = state
        for name in self._beside():
            del sys.modules[name]
        function = self._load()
        if inspect.iscoroutinefunction(function) is not self.is_async:
            kind = "async" if self.is_async else "plain"
            raise ConfigError(
                f"{self._path}: {self._name} was {kind} and is not any more.",
                advice="Start the service again.",
            )
        self._function = function
        return True

    def _load(self) -> Callable[..., Any]:
        folder = str(self._path.parent)
        if folder not in sys.path:
            sys.path.insert(0, folder)
        try:
            source = self._path.read_bytes()
            spec = importlib.util.spec_from_loader(self._path.stem, None, origin=str(self._path))
            assert spec is not None  # noqa: S101  a loader of None always gives one
            module = importlib.util.module_from_spec(spec)
            module.__file__ = str(self._path)
            exec(compile(source, str(self._path), "exec"), module.__dict__)  # noqa: S102  the job
        except OSError as error:
            message = f"cannot read {self._path}: {error.strerror}."
            raise ConfigError(message, advice="Check the path.") from error
        except SyntaxError as error:
            message = f"{self._path}, line {error.lineno}: {error.msg}."
            raise ConfigError(message, advice="Correct it.") from error
        except Exception as error:
            line = _line_of(error, str(self._path))
            message = f"{self._path}{line}: {type(error).__name__}: {error}."
            raise ConfigError(message, advice="Correct it.") from error
        function = module.__dict__.get(self._name)
        if not callable(function):
            raise ConfigError(
                f"{self._path} has no function {self._name}.",
                advice=f"Write one: async def {self._name}(stream): …",
            )
        found: Callable[..., Any] = function
        return found

    def _look(self) -> dict[str, int]:
        """When the file, and those beside it that are imported, were written."""
        files = [self._path, *(Path(str(sys.modules[name].__file__)) for name in self._beside())]
        state = {}
        for file in files:
            try:
                state[str(file)] = file.stat().st_mtime_ns
            except OSError:
                state[str(file)] = 0
        return state

    def _beside(self) -> list[str]:
        """The names of imported modules whose files are in the same folder."""
        folder = self._path.parent
        return [
            name
            for name, module in list(sys.modules.items())
            if (file := getattr(module, "__file__", None))
            and Path(file).parent == folder
            and name != "__main__"
        ]


def _line_of(error: Exception, path: str) -> str:
    """Where in the file it happened."""
    trace, line = error.__traceback__, 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            line = trace.tb_lineno
        trace = trace.tb_next
    return f", line {line}" if line else ""
