"""The version of PyTorch whose behaviour this dialect follows."""

__version__ = "2.13.0"
cuda = hip = xpu = None
git_version = "Unknown"
debug = False
