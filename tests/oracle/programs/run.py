"""Execute programs one by one; prints what each printed, as one line of JSON."""

import contextlib
import io
import json
import re
import sys
import warnings
from pathlib import Path


def printed(path: str) -> str:
    out = io.StringIO()
    names = {"__name__": "__main__", "__file__": path}
    sys.modules["__main__"].__dict__.update(names)
    with contextlib.redirect_stdout(out), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            code = compile(Path(path).read_text(encoding="utf-8"), path, "exec")
            exec(code, sys.modules["__main__"].__dict__)
        except Exception as error:
            print(f"{type(error).__name__}: {error}")
    return re.sub("0x[0-9a-f]+", "0x", out.getvalue())


if __name__ == "__main__":
    results = {path: printed(path) for path in sys.argv[1:]}
    sys.stdout.write(json.dumps(results))
