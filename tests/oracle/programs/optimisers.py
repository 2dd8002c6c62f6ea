"""Optimisers: order of their options and states, steps with each of the options."""

import inspect

import torch

NAMES = (
    "SGD Adam AdamW RMSprop Adagrad Adadelta Adamax NAdam RAdam Rprop ASGD Adafactor"
)
OPTIONS = [
    {},
    {"weight_decay": 0.1},
    {"momentum": 0.9},
    {"centered": True, "momentum": 0.5},
    {"amsgrad": True},
    {"maximize": True},
    {"decoupled_weight_decay": True, "weight_decay": 0.1},
    {"lr": torch.tensor(0.02)},
    {"nesterov": True, "momentum": 0.9},
    {"betas": (torch.tensor(0.8), torch.tensor(0.9))},
]

for name in [*NAMES.split(), "Muon"]:
    cls = getattr(torch.optim, name)
    known = inspect.signature(cls.__init__).parameters
    for options in OPTIONS:
        if not all(k in known for k in options):
            continue
        p = torch.nn.Parameter(torch.arange(6.0).reshape(2, 3) / 7)
        try:
            optimizer = cls([p], **options)
            print(name, options, list(optimizer.param_groups[0]))
            for i in range(3):
                p.grad = torch.sin(p.detach() * (i + 1))
                optimizer.step()
        except Exception as error:
            print(name, options, type(error).__name__, error)
        print([[f"{v:.5f}" for v in row] for row in p.tolist()])
        print(list(optimizer.state_dict()["state"].get(0, {})))
