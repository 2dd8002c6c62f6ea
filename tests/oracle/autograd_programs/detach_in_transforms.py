import torch
from torch.func import grad, jacfwd, jvp, vmap

x = torch.tensor([1.0, 2.0])
print(grad(lambda a: grad(lambda b: (b.detach() * b * b).sum())(a).sum())(x))
print(grad(lambda a: grad(lambda b: (a.detach() * b * b).sum())(a).sum())(x))
print(jvp(lambda a: a.detach() * a, (x,), (torch.ones(2),)))
print(jacfwd(lambda a: a.detach() * a)(x))
print(jacfwd(jacfwd(lambda a: a.detach() * a * a))(x))
print(vmap(lambda a: a.detach() * 2)(x))


def f(a):
    with torch.no_grad():
        b = a * 2
    return (b * a).sum()


print(grad(f)(x), jvp(f, (x,), (torch.ones(2),)))
print(jvp(lambda a: a.data * a, (x,), (torch.ones(2),)))
print(
    jvp(
        lambda a: (
            torch.tensor(a.sum().item()) * a if False else a.clone().detach_() * a
        ),
        (x,),
        (torch.ones(2),),
    )
)
