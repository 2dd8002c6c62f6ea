"""`torch.hub`: there is no network here, so nothing is loaded from it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from isograd.base.missing import module_getattr

_DIRECTORY: list[str] = []


def get_dir() -> str:
    """The folder for what is downloaded."""
    if _DIRECTORY:
        return _DIRECTORY[0]
    cache = os.getenv("XDG_CACHE_HOME", "~/.cache")
    home = os.path.expanduser(os.getenv("TORCH_HOME", os.path.join(cache, "torch")))
    return os.path.join(home, "hub")


def set_dir(d: Any) -> None:
    _DIRECTORY[:] = [os.path.expanduser(d)]


def load(
    repo_or_dir: Any, model: str, *args: Any, source: str = "github", **kwargs: Any
) -> Any:
    """A model from a folder's `hubconf.py`.

    Raises:
        RuntimeError: for any other source: models of a repository are not fetched.
        ValueError: for an unknown source.
    """
    source = source.lower()
    if source not in ("github", "local"):
        raise ValueError(
            f'Unknown source: "{source}". Allowed values: "github" | "local".'
        )
    if source == "github":
        raise RuntimeError(
            f"torch.hub.load({repo_or_dir!r}): isograd does not fetch repositories; "
            "clone it and pass source='local'"
        )
    for name in ("trust_repo", "force_reload", "verbose", "skip_validation"):
        kwargs.pop(name, None)
    return _entry(repo_or_dir, model)(*args, **kwargs)


def _entry(folder: Any, model: str) -> Any:
    import importlib.util
    import sys

    path = Path(folder) / "hubconf.py"
    spec = importlib.util.spec_from_file_location("hubconf", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(folder))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(folder))
    found = getattr(module, model, None)
    if not callable(found):
        raise RuntimeError(f"Cannot find callable {model} in hubconf")
    return found


def _refused(url: str, *_: Any, **__: Any) -> Any:
    raise RuntimeError(f"torch.hub: isograd does not download {url}")


load_state_dict_from_url = download_url_to_file = _refused
__getattr__ = module_getattr("torch.hub", "torch")
