"""`torch.utils.deterministic`."""

fill_uninitialized_memory = True
