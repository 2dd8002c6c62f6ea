import torch
import torch.nn as nn
import torch.nn.functional as F


def att(name, f):
    try:
        print(name, f())
    except Exception as e:
        # cells of one record hold other views of their weights than products do
        cell = name.split()[0] in ("rnn", "gru", "lstm")
        print(name, type(e).__name__, str(e).split("operation:")[0] if cell else e)


torch.manual_seed(0)
# classic in-place errors
for name, mk in dict(
    lin=lambda: nn.Linear(3, 2),
    conv=lambda: nn.Conv1d(1, 2, 2),
    ln=lambda: nn.LayerNorm(3),
    bn=lambda: nn.BatchNorm1d(3),
    emb=lambda: nn.Embedding(5, 3),
    rnn=lambda: nn.RNNCell(3, 2),
    gru=lambda: nn.GRUCell(3, 2),
    lstm=lambda: nn.LSTMCell(3, 2),
    mha=lambda: nn.MultiheadAttention(4, 2, batch_first=True),
).items():
    m = mk()
    x = torch.ones(2, 3, requires_grad=True)

    def run():
        if name == "conv":
            return m(x[:, None])
        if name == "emb":
            return m(torch.tensor([1, 2]))
        if name == "bil":
            return m(x, x)
        if name == "mha":
            y = torch.ones(1, 2, 4, requires_grad=True)
            return m(y, y, y)[0]
        if name == "lstm":
            return m(x)[0]
        return m(x)

    o = run().sum()
    with torch.no_grad():
        for p in m.parameters():
            p.add_(1)
    att(name, lambda: o.backward())
    opt = torch.optim.SGD(m.parameters(), lr=0.1)
    o = run().sum()
    o.backward(retain_graph=True)
    opt.step()
    att(name + " step", lambda: o.backward())
x = torch.ones(2, 3, requires_grad=True)
for name, f in dict(
    relu=lambda a: F.relu(a, inplace=True),
    sig=lambda a: a.sigmoid().mul_(2),
    tanh=lambda a: a.tanh().add_(1),
    exp=lambda a: a.exp().add_(1),
    sqrt=lambda a: a.sqrt().add_(1),
    sm=lambda a: a.softmax(1).mul_(2),
    drop=lambda a: F.dropout(a, 0.5, inplace=True),
    lrelu=lambda a: F.leaky_relu(a, inplace=True),
    elu=lambda a: F.elu(a, inplace=True),
    silu=lambda a: F.silu(a, inplace=True),
    hs=lambda a: F.hardswish(a, inplace=True),
    r6=lambda a: F.relu6(a, inplace=True),
    sel=lambda a: F.selu(a, inplace=True),
    mul=lambda a: (a * a).mul_(a),
    div=lambda a: (a / a).div_(a),
    pw=lambda a: (a**2).pow_(2),
    ln=lambda a: F.relu(
        F.layer_norm(a, (3,), torch.ones(3), torch.ones(3)), inplace=True
    ),
    conv=lambda a: F.relu(
        F.conv1d(a[:, None], torch.ones(1, 1, 2, requires_grad=True)), inplace=True
    ),
    lin=lambda a: F.relu(
        F.linear(a, torch.ones(2, 3, requires_grad=True)), inplace=True
    ),
    twice=lambda a: F.relu(F.relu(a, inplace=True), inplace=True),
    res=lambda a: F.relu(a).add_(a),
    sigrelu=lambda a: F.relu(a.sigmoid(), inplace=True),
    addin=lambda a: F.relu(a + 1, inplace=True) * a,
    hsig=lambda a: F.hardsigmoid(a, inplace=True),
    mish=lambda a: F.mish(a, inplace=True),
    thr=lambda a: F.threshold(a, 0.5, 0.1, inplace=True),
    celu=lambda a: F.celu(a, inplace=True),
    ht=lambda a: F.hardtanh(a, inplace=True),
    lse=lambda a: a.logsumexp(1).add_(1),
    lsm=lambda a: a.log_softmax(1).exp_(),
    cum=lambda a: a.cumsum(0).mul_(2),
    cump=lambda a: a.cumprod(0).mul_(2),
    mx=lambda a: a.max(1)[0].mul_(2),
    nrm=lambda a: a.norm(dim=1).mul_(2),
    std=lambda a: a.std(1).mul_(2),
    mm=lambda a: (a @ a.t()).mul_(2),
    sq=lambda a: a.square().mul_(2),
    rec=lambda a: a.reciprocal().mul_(2),
    rsq=lambda a: a.rsqrt().mul_(2),
    wh=lambda a: torch.where(a > 0, a, a * 2).mul_(2),
    cat=lambda a: torch.cat([a, a]).mul_(2),
    cl=lambda a: a.clamp(0, 2).mul_(2),
    ab=lambda a: a.abs().mul_(2),
    gelu=lambda a: F.gelu(a).mul_(2),
    sp=lambda a: F.softplus(a).mul_(2),
    er=lambda a: a.erf().mul_(2),
    sin=lambda a: a.sin().mul_(2),
    lg=lambda a: a.log().mul_(2),
    var=lambda a: a.var(1).mul_(2),
    mean=lambda a: a.mean(1).mul_(2),
    gn=lambda a: F.group_norm(a, 3, torch.ones(3), torch.ones(3)).mul_(2),
).items():
    x.grad = None
    torch.manual_seed(0)
    att(name, lambda: f(x * 1 + 0.1).sum().backward())
    print(x.grad if name != "drop" else "")
