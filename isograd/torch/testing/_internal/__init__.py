"""What PyTorch's own test files import."""
