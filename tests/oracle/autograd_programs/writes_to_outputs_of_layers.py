import torch
import torch.nn as nn

for m, sh in (
    (nn.InstanceNorm2d(2), (2, 2, 3, 3)),
    (nn.BatchNorm2d(2, affine=False), (2, 2, 3, 3)),
    (nn.LayerNorm(3, elementwise_affine=False), (2, 3)),
    (nn.GroupNorm(1, 2, affine=False), (2, 2, 3)),
    (nn.BatchNorm1d(3), (4, 3)),
    (nn.InstanceNorm1d(2, affine=True), (2, 2, 3)),
    (nn.LayerNorm(3, bias=False), (2, 3)),
    (nn.RMSNorm(3, elementwise_affine=False), (2, 3)),
    (nn.LocalResponseNorm(2), (2, 2, 3)),
    (nn.Softmax(1), (2, 3)),
    (nn.CrossMapLRN2d(2) if False else nn.Dropout(0.0), (2, 3)),
    (nn.AvgPool1d(2), (2, 2, 4)),
    (nn.MaxPool1d(2), (2, 2, 4)),
    (nn.Upsample(scale_factor=2), (1, 2, 3)),
    (nn.Conv2d(2, 2, 1), (1, 2, 3, 3)),
    (nn.ConvTranspose1d(2, 2, 2), (1, 2, 3)),
    (nn.Embedding(3, 2), None),
    (nn.GRU(2, 3), (2, 1, 2)),
    (nn.PReLU(), (2, 3)),
    (nn.Identity(), (2, 3)),
    (nn.Flatten(), (2, 3, 1)),
    (nn.Hardtanh(), (2, 3)),
    (nn.GELU(), (2, 3)),
    (nn.Tanh(), (2, 3)),
    (nn.Sigmoid(), (2, 3)),
    (nn.ELU(), (2, 3)),
    (nn.SiLU(), (2, 3)),
    (nn.ReLU(), (2, 3)),
    (nn.LeakyReLU(), (2, 3)),
    (nn.Softplus(), (2, 3)),
    (nn.LogSoftmax(1), (2, 3)),
    (nn.Linear(3, 3), (2, 3)),
    (nn.Linear(3, 3, bias=False), (2, 3)),
    (nn.Linear(3, 3), (2, 2, 3)),
    (nn.Bilinear(3, 3, 2), None),
    (nn.Unfold(2), (1, 1, 3, 3)),
    (nn.PixelShuffle(2), (1, 4, 2, 2)),
    (nn.ZeroPad2d(1), (1, 1, 2, 2)),
    (nn.ReflectionPad1d(1), (1, 1, 3)),
    (nn.AdaptiveAvgPool2d(1), (1, 2, 3, 3)),
    (nn.Softmin(1), (2, 3)),
    (nn.Threshold(0.1, 0.0), (2, 3)),
):
    if sh is None:
        continue
    x = torch.linspace(-1, 1, torch.Size(sh).numel()).view(sh).requires_grad_()
    with torch.no_grad():
        for i, p in enumerate(m.parameters()):
            p.copy_(torch.linspace(0.1, 0.9, p.numel()).view_as(p))
    for how in ("relu_", "mul_", "add_", "sigmoid_"):
        x.grad = None
        try:
            y = m(x * 1)
            y = y[0] if isinstance(y, tuple) else y
            y = (
                torch.relu_(y)
                if how == "relu_"
                else y.mul_(2.0)
                if how == "mul_"
                else y.add_(1.0)
                if how == "add_"
                else y.sigmoid_()
            )
            (y * y).sum().backward()
            print(
                type(m).__name__,
                how,
                x.grad.sum().abs().item() < 1e6,
                [f"{v:.2f}" for v in x.grad.flatten().tolist()[:4] if abs(v) > 1e-2],
            )
        except RuntimeError as e:
            print(type(m).__name__, how, str(e)[:220])
