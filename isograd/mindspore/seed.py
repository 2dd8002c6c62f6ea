"""The global seed, and the generator that random operations draw from."""

from __future__ import annotations

import numpy as np


class _Source:
    seed: int | None = None
    generator: np.random.Generator | None = None


def set_seed(seed: int) -> None:
    """Seed all random operations, initializers and NumPy's global generator.

    Raises:
        TypeError: if the seed is no int.
        ValueError: if it is negative.
    """
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise TypeError(
            f"The argument 'seed' must be type of int, but got {type(seed).__name__}."
        )
    if seed < 0:
        raise ValueError(
            f"The argument 'seed' must be greater or equal to 0, but got {seed}."
        )
    _Source.seed = seed
    _Source.generator = fresh(seed)
    np.random.seed(seed % 2**32)


def get_seed() -> int | None:
    """The seed that was set, None if none was."""
    return _Source.seed


def fresh(seed: int | None) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def generator(seed: int | None = None) -> np.random.Generator:
    """The global generator, or one with a seed of its own."""
    if seed is not None:
        return fresh(seed)
    if _Source.generator is None:
        _Source.generator = fresh(None)
    return _Source.generator


class Generator:
    """A source of random numbers with its own state (`mindspore.Generator`)."""

    def __init__(self) -> None:
        self.manual_seed(0)

    def manual_seed(self, seed: int) -> Generator:
        self._seed = seed
        self.numpy = fresh(seed)
        return self

    def seed(self) -> int:
        """Seed it at random; gives the seed."""
        self.manual_seed(int(np.random.SeedSequence().entropy) % 2**63)  # type: ignore[arg-type]  # justified: entropy of a fresh sequence is an int
        return self._seed

    def initial_seed(self) -> int:
        return self._seed

    def get_state(self) -> dict[str, object]:
        return dict(self.numpy.bit_generator.state)

    def set_state(self, state: dict[str, object]) -> None:
        self.numpy.bit_generator.state = state


class _Default(Generator):
    """The process's generator as an object."""

    def __init__(self) -> None:
        """It is seeded by `set_seed`, or at random at its first use."""

    @property
    def numpy(self) -> np.random.Generator:  # type: ignore[override]  # justified: the generator of the process, which is replaced by seeding
        return generator()

    def manual_seed(self, seed: int) -> Generator:
        _Source.seed = seed
        _Source.generator = fresh(seed)
        return self

    def initial_seed(self) -> int:
        return _Source.seed or 0

    def seed(self) -> int:
        self.manual_seed(int(np.random.SeedSequence().generate_state(1)[0]))
        return self.initial_seed()


default_generator = _Default()
manual_seed = default_generator.manual_seed
seed = default_generator.seed
initial_seed = default_generator.initial_seed
get_rng_state = default_generator.get_state
set_rng_state = default_generator.set_state
