"""`torch.special`: names of functions that stand elsewhere, and some of its own."""

from __future__ import annotations

from typing import Any

from isograd.base.missing import module_getattr
from isograd.core.primitive import BOUND, Payload
from isograd.core.tensor import stopped
from isograd.torch.call import floating, operands, public
from isograd.torch.labels import camel
from isograd.torch.signatures import checker
from isograd.torch.table import FUNCTIONS, checked, row

F = BOUND

# torch.special's name: the name in torch
_SAME = {
    "expit": "sigmoid",
    "psi": "digamma",
    "gammaln": "lgamma",
    "multigammaln": "mvlgamma",
    **{
        n: n
        for n in (
            "erf",
            "erfc",
            "erfinv",
            "exp2",
            "expm1",
            "digamma",
            "i0",
            "log1p",
            "logit",
            "logsumexp",
            "polygamma",
            "round",
            "sinc",
            "softmax",
            "log_softmax",
            "xlogy",
        )
    },
}
# functions of torch.special alone: (number of operands, their node's name)
_OWN = {
    "i0e": 1,
    "i1": 1,
    "i1e": 1,
    "erfcx": 1,
    "log_ndtr": 1,
    "ndtri": 1,
    "entr": 1,
    "ndtr": 1,
    "bessel_j0": 1,
    "bessel_j1": 1,
    "bessel_y0": 1,
    "bessel_y1": 1,
    "airy_ai": 1,
    "modified_bessel_i0": 1,
    "modified_bessel_i1": 1,
    "modified_bessel_k0": 1,
    "modified_bessel_k1": 1,
    "scaled_modified_bessel_k0": 1,
    "scaled_modified_bessel_k1": 1,
    "spherical_bessel_j0": 1,
    "xlog1py": 2,
    "zeta": 2,
    "gammainc": 2,
    "gammaincc": 2,
    **{
        f"{prefix}chebyshev_polynomial_{kind}": 2
        for prefix in ("", "shifted_")
        for kind in "tuvw"
    },
    "hermite_polynomial_h": 2,
    "hermite_polynomial_he": 2,
    "laguerre_polynomial_l": 2,
    "legendre_polynomial_p": 2,
}
_LABELS = {
    "ndtr": "MulBackward1",
    "gammainc": "NotImplemented",
    "gammaincc": "NotImplemented",
}


def _constant(name: str) -> bool:
    """Whether PyTorch has no derivative of a function: its results have no graph."""
    return "bessel" in name or name == "airy_ai"


def _make(name: str, count: int) -> Any:
    params = {"order": 0} if name == "airy_ai" else {}
    own = name.replace("modified_bessel_i", "i")

    def one(input: Payload) -> Payload:
        x = floating(input)
        return getattr(F, own)(stopped(x) if _constant(name) else x, **params)

    def two(input: Any, other: Any) -> Payload:
        return getattr(F, name)(*operands(input, other, least="f"))

    label = _LABELS.get(name, f"Special{camel(name)}Backward0")
    body = one if count == 1 else two
    full = f"special_{name}"
    return public(body, full, label, checker(full, body=body))


for _name, _count in _OWN.items():
    if hasattr(F, _name.replace("modified_bessel_i", "i")):
        globals()[_name] = _make(_name, _count)
globals().update(
    {
        name: checked(FUNCTIONS[own], checker(f"special_{name}"))
        for name, own in _SAME.items()
        if own in FUNCTIONS
    }
)
__getattr__ = module_getattr("torch.special", "torch")


def _igamma(name: str, own: str) -> None:
    if hasattr(F, own):

        def body(input: Any, other: Any) -> Payload:
            return getattr(F, own)(*operands(input, other, least="f"))

        row(body, name=name, inplace=True)


_igamma("igamma", "gammainc")
_igamma("igammac", "gammaincc")
