"""`torch.return_types`: the named tuples that functions give, by name."""

from __future__ import annotations

from typing import Any

from isograd.base.missing import no_attribute
from isograd.torch.call import return_type

_FIELDS = {
    **dict.fromkeys(
        (
            "max",
            "min",
            "sort",
            "topk",
            "kthvalue",
            "median",
            "nanmedian",
            "mode",
            "cummax",
            "cummin",
        ),
        "values indices",
    ),
    "aminmax": "min max",
    "slogdet": "sign logabsdet",
    "qr": "Q R",
    "svd": "U S V",
    "linalg_eig": "eigenvalues eigenvectors",
    "linalg_eigh": "eigenvalues eigenvectors",
    "linalg_qr": "Q R",
    "linalg_slogdet": "sign logabsdet",
    "linalg_svd": "U S Vh",
    "linalg_lstsq": "solution residuals rank singular_values",
    "frexp": "mantissa exponent",
    "histogram": "hist bin_edges",
}


def __getattr__(name: str) -> Any:
    if name not in _FIELDS:
        raise no_attribute(
            "torch.return_types",
            name,
            "torch",
            f"module 'torch.return_types' has no attribute '{name}'",
        )
    return return_type(name, _FIELDS[name])
