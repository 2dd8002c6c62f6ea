"""`torch._dynamo.eval_frame`: the class of compiled modules."""

from isograd.torch.compiling import OptimizedModule as OptimizedModule
