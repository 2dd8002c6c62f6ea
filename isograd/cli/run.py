"""`isograd run`: a script as `python` runs it, with both dialects provided."""

from __future__ import annotations

import builtins
import importlib.machinery
import io
import os
import runpy
import signal
import sys
import traceback
from collections.abc import Sequence
from types import CodeType, ModuleType, TracebackType

from isograd.cli.install import install


def run(arguments: Sequence[str]) -> int:
    """Run `SCRIPT [ARGS...]`, `-m MODULE [ARGS...]`, `-c CODE [ARGS...]`, or what
    standard input holds (`-`).

    Gives the exit code where the program does not exit by itself.
    """
    install()
    first, *rest = arguments
    if first == "-m":
        return _guarded(lambda: _run_module(rest))
    if first == "-c":
        sys.argv = ["-c", *rest[1:]]
        sys.path.insert(0, "")
        return _guarded(lambda: _execute(rest[0], "<string>", None))
    if first == "-":
        sys.argv = ["-", *rest]
        sys.path.insert(0, "")
        return _guarded(lambda: _execute(sys.stdin.read(), "<stdin>", None))
    return _run_script(first, rest)


def _run_script(path: str, arguments: Sequence[str]) -> int:
    sys.argv = [path, *arguments]
    if os.path.isdir(path) or path.endswith((".zip", ".pyz")):
        return _guarded(lambda: runpy.run_path(path, run_name="__main__"))
    full = os.path.abspath(path)
    try:
        with io.open_code(full) as file:
            source = file.read()
    except OSError as error:
        print(
            f"isograd run: can't open file {full!r}: [Errno {error.errno}] "
            f"{error.strerror}",
            file=sys.stderr,
        )
        return 2
    sys.path.insert(0, os.path.dirname(os.path.realpath(path)))
    return _guarded(lambda: _execute(source, full, full))


def _run_module(arguments: Sequence[str]) -> None:
    name, *rest = arguments
    sys.argv = ["-m", *rest]
    sys.path.insert(0, os.getcwd())
    runpy.run_module(name, run_name="__main__", alter_sys=True)


def _execute(source: str | bytes, filename: str, path: str | None) -> None:
    """Execute as the module `__main__`."""
    main = ModuleType("__main__")
    main.__dict__.update(__builtins__=builtins, __annotations__={})
    if path is not None:
        main.__file__ = path
        main.__dict__["__cached__"] = None
        main.__loader__ = importlib.machinery.SourceFileLoader("__main__", path)
    sys.modules["__main__"] = main
    code: CodeType = compile(source, filename, "exec", dont_inherit=True)
    exec(code, main.__dict__)


def _guarded(body: object) -> int:
    """Run `body`; an exception is shown as Python shows it, without our frames."""
    try:
        body()  # type: ignore[operator]  # justified: a callable without arguments
    except SystemExit:
        raise
    except BaseException as error:
        tb = _theirs(error.__traceback__)
        error.__traceback__ = tb
        sys.last_type, sys.last_value, sys.last_traceback = type(error), error, tb
        _show(error, tb)
        if isinstance(error, KeyboardInterrupt):
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGINT)
        return 1
    return 0


def _show(error: BaseException, tb: TracebackType | None) -> None:
    try:
        sys.excepthook(type(error), error, tb)
    except Exception:
        traceback.print_exc()


def _theirs(tb: TracebackType | None) -> TracebackType | None:
    """The traceback from the program's first frame on."""
    ours = (__file__, runpy.__file__, "<frozen runpy>")
    while tb is not None and tb.tb_frame.f_code.co_filename in ours:
        tb = tb.tb_next
    return tb
