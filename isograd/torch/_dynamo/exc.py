"""`torch._dynamo.exc`: exceptions of the tracer."""

from __future__ import annotations


class TorchDynamoException(RuntimeError):
    """Base of them all."""


class InternalTorchDynamoError(TorchDynamoException):
    pass


class Unsupported(TorchDynamoException):
    """A construct that cannot be traced, where a whole graph was asked for."""


class UserError(Unsupported):
    pass


class BackendCompilerFailed(TorchDynamoException):
    pass


class TorchRuntimeError(TorchDynamoException):
    pass


class InvalidBackend(TorchDynamoException):
    """A backend that is not known."""


class ResetRequired(TorchDynamoException):
    pass


class RecompileLimitExceeded(Unsupported):
    pass


class FailOnRecompileLimitHit(TorchDynamoException):
    pass
