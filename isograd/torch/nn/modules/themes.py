"""What the modules named as PyTorch's files hold: every class, bases included."""

from __future__ import annotations

from typing import Any


def exported() -> dict[str, Any]:
    from isograd.torch.nn.modules import ALL, basic, normalising, simple

    bases = {n: getattr(basic, n) for n in ("_ConvNd", "_ConvTransposeNd")}
    bases |= {n: getattr(normalising, n) for n in ("_BatchNorm", "_InstanceNorm")}
    return {
        **ALL,
        **bases,
        "_NormBase": normalising._Norm,
        "_Loss": simple._Loss,
        "_WeightedLoss": simple._Loss,
        "_DropoutNd": simple._Dropout,
    }
