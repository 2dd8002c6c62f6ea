"""Errors of datasets, with the frames that MindSpore prints around them."""

from __future__ import annotations

import traceback

_RULE = "-" * 66
MOST = 2**31 - 1


def _part(title: str, text: str) -> str:
    return f"{_RULE}\n- {title}: \n{_RULE}\n{text}\n"


_THROWN = (
    "Exception thrown from dataset pipeline. Refer to 'Dataset Pipeline Error Message'."
)


def pipeline_error(text: str, what: str = _THROWN) -> RuntimeError:
    """The error of a step."""
    return RuntimeError(
        f"{what} \n\n" + _part("Dataset Pipeline Error Message", f"[ERROR] {text}")
    )


def python_error(text: str) -> RuntimeError:
    """The error of a function of the program's own."""
    return RuntimeError(
        "Exception thrown from user defined Python function in dataset. \n\n"
        + _part("Python Call Stack", text)
        + "\n"
        + _part(
            "Dataset Pipeline Error Message",
            "[ERROR] Execute user Python code failed, check 'Python Call Stack' above.",
        )
    )


def described(error: Exception) -> str:
    """An exception of the program's own function, with its traceback."""
    kind = type(error).__name__
    return f"{kind}: " + "".join(traceback.format_exception(error)).rstrip()


def interval_error(name: str, least: int) -> ValueError:
    return ValueError(
        f"Input {name} is not within the required interval of [{least}, {MOST}]."
    )
