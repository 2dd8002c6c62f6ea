"""The gradient of z = x * x * y, once into `.grad` and once returned."""

import torch

x = torch.tensor(2.0, requires_grad=True)
y = torch.tensor(3.0).requires_grad_()
z = x * x * y
z.backward()
print(x.grad, y.grad)

x = torch.tensor(2.0).requires_grad_()
y = torch.tensor(3.0, requires_grad=True)
z = x * x * y
grad_x = torch.autograd.grad(outputs=z, inputs=x)
print(grad_x[0])
