import torch


def chain(name, f, n=5):
    x = torch.tensor(1.5, requires_grad=True)
    y = f(x)
    out = [f"{y.item():.3f}"]
    for i in range(n):
        try:
            (y,) = torch.autograd.grad(y, x, create_graph=True)
        except Exception as e:
            out.append(type(e).__name__ + str(e)[:30])
            break
        out.append(f"{y.item():.3f}{'g' if y.requires_grad else ''}")
    print(name, out)


for name, f in dict(
    sq=lambda x: x**2,
    cube=lambda x: x**3,
    p1=lambda x: x**1,
    mul=lambda x: x * x,
    mul3=lambda x: x * x * x,
    lin=lambda x: 3 * x + 1,
    neg=lambda x: -x,
    sub=lambda x: 1 - x,
    sin=lambda x: x.sin(),
    exp=lambda x: x.exp(),
    log=lambda x: x.log(),
    div=lambda x: 1 / x,
    div2=lambda x: x / 2,
    half=lambda x: x**0.5,
    sqrt=lambda x: x.sqrt(),
    sig=lambda x: x.sigmoid(),
    tanh=lambda x: x.tanh(),
    relu=lambda x: x.relu(),
    abs=lambda x: x.abs(),
    square=lambda x: x.square(),
    poly=lambda x: 2 * x**3 - 3 * x**2 + x,
    rec=lambda x: x.reciprocal(),
    relu2=lambda x: x.relu() ** 2,
    where=lambda x: torch.where(x > 1, x**2, x),
    sum=lambda x: x.expand(3).sum(),
    view=lambda x: x.view(1).sum() ** 2,
    mm=lambda x: (x.view(1, 1) @ x.view(1, 1)).sum(),
    dot=lambda x: x.view(1).dot(x.view(1)),
    pw=lambda x: 2**x,
    xx=lambda x: x**x,
    lr=lambda x: torch.nn.functional.leaky_relu(x) ** 2,
    gelu=lambda x: torch.nn.functional.gelu(x),
    sp=lambda x: torch.nn.functional.softplus(x),
    mse=lambda x: torch.nn.functional.mse_loss(x, torch.tensor(2.0)),
    norm=lambda x: x.view(1).norm(),
    mean=lambda x: (x * x).mean(),
    stack=lambda x: torch.stack([x, x * x]).sum(),
    atan=lambda x: x.atan(),
    rsqrt=lambda x: x.rsqrt(),
    cumsum=lambda x: torch.stack([x, x**2]).cumsum(0).sum(),
    idx=lambda x: torch.stack([x, x**2])[1],
    lse=lambda x: torch.stack([x, x**2]).logsumexp(0),
    addc=lambda x: torch.addcmul(x, x, x),
    lerp=lambda x: torch.lerp(x, x * x, 0.5),
    var=lambda x: torch.stack([x, x * 2]).var(),
    sm=lambda x: torch.stack([x, x * 2]).softmax(0)[0],
    ein=lambda x: torch.einsum("i,i->", x.view(1), x.view(1)),
    erf=lambda x: x.erf(),
    fl=lambda x: x.floor() * x,
    cos=lambda x: x.cos() * x,
    ce=lambda x: torch.nn.functional.cross_entropy(
        torch.stack([x, x * x])[None], torch.tensor([0])
    ),
).items():
    chain(name, f)
