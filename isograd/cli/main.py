"""`isograd run SCRIPT [ARGS...]`, `isograd coverage [DIALECT]`, `isograd --version`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

USAGE = """\
usage: isograd run SCRIPT [ARGS...]     run a script with torch and mindspore by isograd
       isograd run -m MODULE [ARGS...]  the same for a module
       isograd run -c CODE [ARGS...]    the same for a piece of code
       isograd run - [ARGS...]          the same for what standard input holds
       isograd coverage [torch|mindspore]
                                        the names of a framework that isograd has
       isograd --version
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command's exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words in (["-h"], ["--help"], ["run", "-h"], ["run", "--help"]):
        print(USAGE, end="")
        return 0
    if words == ["--version"]:
        from isograd import __version__

        print(f"isograd {__version__}")
        return 0
    if len(words) > 1 and words[0] == "run":
        from isograd.cli.run import run

        if words[1].startswith("-") and words[1] not in ("-", "-m", "-c"):
            print(f"isograd run: unknown option {words[1]}", file=sys.stderr)
            print(USAGE, end="", file=sys.stderr)
            return 2
        if words[1] in ("-m", "-c") and len(words) == 2:
            print(f"isograd run: {words[1]} needs an argument", file=sys.stderr)
            return 2
        return run(words[1:])
    if words[:1] == ["coverage"] and len(words) <= 2:
        from isograd.cli.coverage import show

        return show(words[1:])
    print(USAGE, end="", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
