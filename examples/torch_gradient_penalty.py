"""An adversarial game with a penalty on gradients: double backward, hooks, averages."""

import numpy as np
import torch
from torch import nn, optim
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

rng = np.random.default_rng(2)


def normal(*shape):
    return torch.from_numpy(rng.normal(size=shape)).float()


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(
            nn.ConvTranspose2d(4, 8, 4, bias=False),
            nn.BatchNorm2d(8),
            nn.ReLU(True),
            nn.ConvTranspose2d(8, 1, 4, stride=2, padding=1),
            nn.Tanh(),
        )

    def forward(self, z):
        return self.main(z)


class Critic(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Conv2d(1, 8, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(8, 16, 3, padding=1),
            nn.Softplus(),
            nn.Conv2d(16, 1, 4),
            nn.Flatten(0),
        )


def initialised(module):
    for p in module.parameters():
        if p.dim() > 1:
            p.data = 0.15 * normal(*p.shape)
        else:
            nn.init.constant_(p, 0.1)
    return module


generator, critic = initialised(Generator()), initialised(Critic())
print(generator, critic, sep="\n")
average = AveragedModel(generator, multi_avg_fn=get_ema_multi_avg_fn(0.9))
for_critic = optim.Adam(critic.parameters(), lr=2e-3, betas=(0.5, 0.9))
for_generator = optim.RMSprop(generator.parameters(), lr=1e-3)
real = torch.tanh(normal(6, 1, 1, 1) + 0.3 * normal(6, 1, 8, 8))


def penalty(real, fake):
    mix = torch.from_numpy(rng.random((len(real), 1, 1, 1))).float()
    between = (mix * real + (1 - mix) * fake).requires_grad_()
    scores = critic(between)
    (slopes,) = torch.autograd.grad(
        scores, between, torch.ones_like(scores), create_graph=True
    )
    return (slopes.flatten(1).norm(2, dim=1) - 1).square().mean()


seen = []
handle = critic[2].register_full_backward_hook(
    lambda module, inputs, outputs: seen.append(outputs[0].norm().item())
)
for round_ in range(4):
    for _ in range(2):
        fake = generator(normal(6, 4, 1, 1)).detach()
        extra = penalty(real, fake)
        loss = critic(fake).mean() - critic(real).mean() + 10 * extra
        for_critic.zero_grad()
        loss.backward()
        for_critic.step()
    cost = -critic(generator(normal(6, 4, 1, 1))).mean()
    for_generator.zero_grad()
    cost.backward()
    for_generator.step()
    average.update_parameters(generator)
    print(
        f"{round_} critic {loss.item():.3f} penalty {extra.item():.4f} "
        f"generator {cost.item():.3f}"
    )
handle.remove()
print("calls of the hook:", len(seen), f"first {seen[0]:.4f}")
print("averaged", average.n_averaged, average.module.main[3].bias)
print("norms", {n: f"{p.grad.norm():.4f}" for n, p in critic.named_parameters()})
