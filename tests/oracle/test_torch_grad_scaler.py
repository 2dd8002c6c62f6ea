# ruff: noqa: E501 (a program keeps its lines)
"""torch.amp.GradScaler on the CPU, held against PyTorch."""

from __future__ import annotations

import pytest

from tests.oracle import twosided

torch = pytest.importorskip("torch")

PROGRAM = """
s=torch.amp.GradScaler("cpu",init_scale=8.,growth_interval=2); print(s.is_enabled(),s.get_scale(),s.state_dict(),s.get_growth_factor(),s.get_backoff_factor(),s.get_growth_interval())
p=torch.nn.Parameter(torch.tensor([1.,2.])); o=torch.optim.SGD([p],lr=.1)
attempt(lambda:s.step(o)); attempt(lambda:s.update())
l=s.scale((p**2).sum()); print(l, s.scale([p,p*2])); l.backward(); print(p.grad); attempt(lambda:s.unscale_(o)); print(p.grad); attempt(lambda:s.unscale_(o)); attempt(lambda:s.step(o)); attempt(lambda:s.step(o)); print(p); s.update(); print(s.get_scale(),s.state_dict(),s._get_growth_tracker())
for g in (1.,float('inf'),float('nan'),1.,1.):
    p.grad=torch.full((2,),g); s.scale(torch.tensor(1.)); r=s.step(o); s.update(); print(r,p,s.get_scale(),s._get_growth_tracker())
s.update(3.); print(s.get_scale()); s.update(torch.tensor(2.)); print(s.get_scale()); s.set_growth_factor(3.); s.set_backoff_factor(.25); s.set_growth_interval(5); print(s.state_dict())
s2=torch.amp.GradScaler("cpu"); s2.load_state_dict(s.state_dict()); print(s2.get_scale(),s2._init_scale)
attempt(lambda:s2.load_state_dict({}))
s3=torch.amp.GradScaler("cpu",enabled=False); print(s3.scale(3.),s3.get_scale(),s3.state_dict(),s3.is_enabled()); attempt(lambda:s3.unscale_(o)); attempt(lambda:s3.update())
attempt(lambda:torch.amp.GradScaler("cpu",growth_factor=.5)); attempt(lambda:torch.amp.GradScaler("cpu",backoff_factor=1.5))
p.grad=None; s4=torch.amp.GradScaler("cpu"); s4.scale(torch.tensor(1.)); attempt(lambda:s4.step(o))
"""


def test_grad_scaler() -> None:
    twosided.assert_same(PROGRAM)
