"""Random numbers behind PyTorch's names: the same numbers for the same seed."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from isograd.base.errors import EngineError
from isograd.base.streams import MersenneStream
from isograd.core import mutation
from isograd.core.abstract import Abstract, is_abstract
from isograd.core.batching import Batched
from isograd.core.levels import MODE, state
from isograd.core.primitive import BOUND, RAW
from isograd.core.tensor import Tensor as CoreTensor
from isograd.core.tensor import payload_of, wrap
from isograd.torch import dtypes
from isograd.torch.call import (
    Named,
    check_broadcast,
    check_memory,
    check_write,
    is_payload,
    lift,
    tied,
)
from isograd.torch.dtypes import CPU, of_numpy
from isograd.torch.factories import _size_of, finished
from isograd.torch.scalars import c_type, element
from isograd.torch.table import FUNCTIONS, row, tensor_row
from isograd.torch.tensor import Tensor


class Generator:
    """A stream of random numbers; `manual_seed` starts it anew."""

    device = CPU

    def __init__(self, device: Any = "cpu") -> None:
        self._seed = 67280421310721
        self.stream = MersenneStream(self._seed)

    def manual_seed(self, seed: int) -> Generator:
        self._seed = int(seed)  # compiled programs hold the stream: it stays the same
        self.stream.seed(self._seed)
        return self

    def seed(self) -> int:
        """Seed from the system's entropy; gives the seed."""
        self.manual_seed(secrets.randbits(53))
        return self._seed

    def initial_seed(self) -> int:
        return self._seed

    def get_state(self) -> Tensor:
        """The state as a tensor of bytes."""
        words, used, spare = self.stream.state
        record = np.zeros((), _STATE)
        record["seed"], record["seeded"], record["words"] = self._seed, 1, words
        record["left"], record["next"] = 625 - used, used % 624
        record["spare"], record["has_spare"] = spare or 0.0, spare is not None
        return wrap(Tensor, np.frombuffer(record.tobytes(), np.uint8).copy())

    def set_state(self, new_state: Any) -> Generator:
        blob = new_state.array("set_state").tobytes()
        if len(blob) != _STATE.itemsize:
            raise RuntimeError(
                f"Expected a CPUGeneratorImplState of size {_STATE.itemsize} but found "
                f"the input RNG state size to be {len(blob)}"
            )
        record = np.frombuffer(blob, _STATE)[0]
        self._seed = int(record["seed"])
        spare = float(record["spare"]) if record["has_spare"] else None
        used = 625 - int(record["left"])
        self.stream.state = record["words"].astype(np.uint32), used, spare
        return self

    def clone_state(self) -> Generator:
        return Generator().set_state(self.get_state())


_STATE = np.dtype(
    [
        ("seed", "u8"),
        ("left", "i4"),
        ("seeded", "i4"),
        ("next", "u8"),
        ("words", "u8", (624,)),
        ("x", "f8"),
        ("spare", "f8"),
        ("rho", "f8"),
        ("has_spare", "i8"),
        ("single", "f4"),
        ("has_single", "i4"),
    ]
)
"""The layout of PyTorch's generator of the CPU in memory."""


default_generator = Generator()
default_generator.seed()  # of a program that does not seed, each run draws others


def manual_seed(seed: Any) -> Generator:
    seed = int(seed)
    if not -(1 << 63) <= seed < 1 << 64:
        raise ValueError("Overflow when unpacking long long")
    return default_generator.manual_seed(seed % (1 << 64))


def seed() -> int:
    return default_generator.seed()


def initial_seed() -> int:
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    return default_generator.get_state()


def set_rng_state(new_state: Any) -> None:
    if new_state._p.dtype != np.uint8:
        raise TypeError("RNG state must be a torch.ByteTensor")
    default_generator.set_state(new_state)


class fork_rng:
    """The state of the default generator is put back at the end."""

    def __init__(self, devices: Any = None, enabled: bool = True, **_: Any) -> None:
        self.enabled = enabled

    def __enter__(self) -> None:
        self.state = get_rng_state()

    def __exit__(self, *_: Any) -> None:
        if self.enabled:
            set_rng_state(self.state)


for _fn in (manual_seed, seed, initial_seed, get_rng_state, set_rng_state):
    FUNCTIONS[_fn.__name__] = _fn


# (randomness, level, size) of the vmaps that are running
RANDOMNESS: list[tuple[str, int, int]] = []


def check_vmap() -> None:
    """Raise inside a vmap that does not allow random numbers."""
    if RANDOMNESS and RANDOMNESS[-1][0] == "error":
        raise RuntimeError(
            "vmap: called random operation while in randomness error mode. Please "
            "either use the 'same' or 'different' randomness flags on vmap or perform "
            "the randomness operation out of vmap"
        )


def differs() -> bool:
    """Whether draws are other ones for each element of a mapping."""
    return bool(RANDOMNESS) and RANDOMNESS[-1][0] == "different"


def _spread(shape: Any, draw: Callable[[Any], np.ndarray]) -> Any:
    """A draw of a shape; inside a vmap with other draws for each of its elements."""
    if not differs():
        return draw(shape)
    _, level, size = RANDOMNESS[-1]
    return Batched(level, draw((size, *shape)))


def _stream_of(generator: Any) -> MersenneStream:
    """The stream to draw from at once; a function under compilation runs eagerly."""
    if MODE.special and state().stages:
        raise EngineError("staging_escape", what="a random draw")
    check_vmap()
    return (default_generator if generator is None else generator).stream


def _floats(name: str, dtype: Any) -> np.dtype[Any]:
    d = dtypes.default() if dtype is None else dtype
    if d.kind not in "fc":
        raise NotImplementedError(f"\"{name}\" not implemented for '{d.scalar_type}'")
    return d.np


# --- new tensors ----------------------------------------------------------------------


class Slots(NamedTuple):
    """Places in memory that are filled one after the other.

    Attributes:
        in_order: whether they are those of a contiguous tensor.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    in_order: bool = True


def in_memory(
    payload: Any, draw: Callable[[Slots], np.ndarray], dtype: Any = None
) -> np.ndarray:
    """An array like the payload, drawn in the order of its memory."""
    dtype = payload.dtype if dtype is None else dtype
    if type(payload) is not np.ndarray or payload.flags.c_contiguous:
        return np.asarray(draw(Slots(payload.shape, dtype)))
    order = memory_order(payload)
    shape = tuple(payload.shape[i] for i in order)
    return np.asarray(draw(Slots(shape, dtype, False))).transpose(np.argsort(order))


def memory_order(array: np.ndarray) -> tuple[int, ...]:
    """Its axes, those of the longest strides first."""
    return tuple(sorted(range(array.ndim), key=lambda i: -array.strides[i]))


def _uniform(stream: Any, slots: Slots) -> np.ndarray:
    return RAW.random_uniform(shape=slots.shape, dtype=slots.dtype, generator=stream)


def _normal(stream: Any, slots: Slots, mean: float = 0, std: float = 1) -> np.ndarray:
    return stream.normals(slots.shape, slots.dtype, mean, std, slots.in_order)


_INTS = {int}


def _drawn(name: str, draw: Any, word: str) -> None:
    def new(
        *size: Any,
        generator: Any = None,
        out: Any = None,
        dtype: Any = None,
        layout: Any = None,
        device: Any = None,
        requires_grad: bool = False,
        pin_memory: bool = False,
        names: Any = None,
        **kw: Any,
    ) -> Tensor:
        if len(size) == 1 and isinstance(size[0], tuple | list):
            size = tuple(size[0])
        plain = not kw and size and set(map(type, size)) == _INTS and min(size) >= 0
        shape = (
            size if plain else _size_of((kw["size"],) if "size" in kw else size, name)
        )
        stream, d = _stream_of(generator), _floats(word, dtype)
        if RANDOMNESS:
            return wrap(Tensor, _spread(shape, lambda s: draw(stream, Slots(s, d))))
        array = draw(stream, Slots(shape, d))
        return finished(array, requires_grad, device, out)

    def like(
        input: Any,
        *,
        dtype: Any = None,
        layout: Any = None,
        device: Any = None,
        requires_grad: bool = False,
        memory_format: Any = None,
        generator: Any = None,
    ) -> Tensor:
        d = _floats(word, input.dtype if dtype is None else dtype)
        if is_abstract(input._p):
            return wrap(Tensor, Abstract(input._p.shape, d))
        stream = _stream_of(generator)
        if RANDOMNESS:
            shape = input._p.shape
            return wrap(Tensor, _spread(shape, lambda s: draw(stream, Slots(s, d))))
        array = in_memory(input._p, lambda slots: draw(stream, slots), d)
        return finished(array, requires_grad, device)

    tensor_row(new, name=name, method=False)
    tensor_row(like, name=f"{name}_like", method=False)


_drawn("rand", _uniform, "check_uniform_bounds")
_drawn("randn", _normal, "normal_kernel_cpu")


def _bounds(args: Sequence[Any], kw: dict[str, Any]) -> tuple[int, int, Any]:
    """(low, high, size) of `randint(high, size)` or `randint(low, high, size)`."""
    args = list(args)
    size = kw.pop("size", None)
    if size is None and args and isinstance(args[-1], tuple | list):
        size = args.pop()
    low, high = kw.pop("low", None), kw.pop("high", None)
    if len(args) == 2:
        low, high = args
    elif len(args) == 1:
        low, high = (low, args[0]) if high is None else (args[0], high)
    if size is None:
        raise TypeError(
            "randint(): argument 'size' (position 2) must be tuple of ints, "
            f"not {type(args[-1]).__name__ if args else 'NoneType'}"
        )
    for word, bound in (("low", low), ("high", high)):
        if isinstance(bound, float):
            raise TypeError(
                f"randint(): argument '{word}' (position 1) must be int, not float"
            )
    return 0 if low is None else int(low), int(high), size


def _check_range(low: int, high: int, d: Any) -> None:
    """Raise unless the numbers from `low` to `high - 1` are of the dtype."""
    if d.kind not in "ib":
        return
    least, most = (0, 1) if d.kind == "b" else (np.iinfo(d.np).min, np.iinfo(d.np).max)
    for word, bound in (("from", low), ("to - 1", high - 1)):
        if not least <= bound <= most:
            raise RuntimeError(f"{word} is out of bounds for {c_type(d)}")


@tensor_row(method=False)
def randint(
    *args: Any,
    generator: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    **kw: Any,
) -> Tensor:
    low, high, size = _bounds(args, kw)
    if low >= high:
        raise RuntimeError(
            f"random_ expects 'from' to be less than 'to', but got "
            f"from={low} >= to={high}"
        )
    d = dtypes.int64 if dtype is None else dtype
    _check_range(low, high, d)
    values = _stream_of(generator).integers(low, high, _size_of((size,), "randint"))
    return finished(np.asarray(values).astype(d.np), requires_grad, device, out)


@tensor_row(method=False)
def randint_like(input: Any, *args: Any, dtype: Any = None, **kw: Any) -> Tensor:
    low, high, _ = _bounds((*args, tuple(input._p.shape)), kw)
    return randint(
        low,
        high,
        tuple(input._p.shape),
        **kw,
        dtype=input.dtype if dtype is None else dtype,
    )


@tensor_row(method=False)
def randperm(
    n: int,
    *,
    generator: Any = None,
    out: Any = None,
    dtype: Any = dtypes.int64,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    if n < 0:
        raise RuntimeError(
            f"Trying to create tensor with negative dimension {n}: [{n}]"
        )
    if n:
        element(int(n), dtype.np)
    values = _stream_of(generator).permutation(int(n)).astype(dtype.np)
    return finished(values, requires_grad, device, out)


@tensor_row(method=False)
def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Any = None,
    out: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **_: Any,
) -> Tensor:
    given = [x._p for x in (mean, std) if isinstance(x, CoreTensor)]
    if not given and size is None:
        raise TypeError(
            "normal() received an invalid combination of arguments - got "
            f"({type(mean).__name__}, {type(std).__name__}), but expected one of:\n"
            " * (Tensor mean, Tensor std, *, torch.Generator generator = None, Tensor "
            "out = None)\n * (Tensor mean, float std = 1, *, torch.Generator generator "
            "= None, Tensor out = None)\n * (float mean, Tensor std, *, "
            "torch.Generator generator = None, Tensor out = None)\n * (float mean, "
            "float std, tuple of ints size, *, torch.Generator generator = None, Tensor "
            "out = None, torch.dtype dtype = None, torch.layout layout = None, "
            "torch.device device = None, bool pin_memory = False, bool requires_grad = "
            "False)\n"
        )
    d = given[0].dtype if given else _floats("normal", dtype)
    _check_real(d, "normal_kernel_cpu")
    if isinstance(std, CoreTensor) and std._p.dtype.kind == "c":
        raise RuntimeError("normal expects standard deviation to be non-complex")
    shape = (
        check_broadcast(*(g.shape for g in given))
        if given
        else _size_of((size,), "normal")
    )
    m: Any
    s: Any
    m, s = (x.array("normal") if isinstance(x, Tensor) else x for x in (mean, std))
    if np.any(np.asarray(s) < 0):
        raise RuntimeError(
            f"normal expects std >= 0.0, but found std {float(std):g}"
            if not isinstance(std, CoreTensor)
            else "normal expects all elements of std >= 0.0"
        )
    stream = _stream_of(generator)
    if not given:
        drawn = stream.normals(shape, d, m, s)
        return finished(drawn, requires_grad, device, out)
    values = m + s * _normal(stream, Slots(shape, d))
    return finished(np.asarray(values).astype(d), requires_grad, device, out)


@row(method=True)
def bernoulli(input: Any, p: Any = None, *, generator: Any = None) -> Any:
    check_vmap()
    if p is None:
        _check_real(input.dtype, "bernoulli_tensor_cpu_p_")
    elif not is_payload(p) and not 0 <= p <= 1:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p:g}")
    chance = _array(input if p is None or not is_payload(p) else p)
    if p is not None and not is_payload(p):
        chance = np.asarray(p)
    if np.any((chance < 0) | (chance > 1)):
        raise RuntimeError(
            "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  "
            "(Could this error message be improved?  If so, please "
            "report an enhancement request to PyTorch.)"
        )
    stream = _stream_of(generator)
    scalar = p is not None and not is_payload(p)
    drawn = _chances(stream, Slots(input.shape, input.dtype), chance, scalar)
    return tied(input, (drawn < chance).astype(input.dtype))


def _chances(stream: Any, slots: Slots, chance: Any, scalar: bool) -> np.ndarray:
    """Uniform numbers to hold against a chance, in its precision (at least single)."""
    wide = np.float64 if scalar or chance.dtype.itemsize == 8 else np.float32
    return stream.random(slots.shape, wide)


@row(method=False)
def poisson(input: Any, generator: Any = None) -> Any:
    _check_real(input.dtype, "poisson_cpu")
    if np.any(np.asarray(_array(input)) < 0):
        raise RuntimeError("invalid Poisson rate, expected rate to be non-negative")
    draws = _stream_of(generator).poisson(np.asarray(_array(input)))
    return Named(tied(input, np.asarray(draws).astype(input.dtype)), "PoissonBackward0")


@row(method=False, label="StandardGammaBackward0")
def _standard_gamma(input: Any, generator: Any = None) -> Any:
    return BOUND.random_gamma(input, generator=_stream_of(generator))


@row(method=False, label="SampleDirichletBackward0")
def _sample_dirichlet(input: Any, generator: Any = None) -> Any:
    drawn = BOUND.random_gamma(input, generator=_stream_of(generator))
    return BOUND.div(drawn, BOUND.broadcast_to(_last_sum(drawn), drawn.shape))


def _last_sum(x: Any) -> Any:
    total = BOUND.sum(x, axes=(x.ndim - 1,))
    return BOUND.reshape(total, shape=(*total.shape, 1))


def _array(x: Any) -> np.ndarray:
    from isograd.core.tensor import concrete

    return concrete(x)


@row
def multinomial(
    input: Any, num_samples: int, replacement: bool = False, *, generator: Any = None
) -> Any:
    if input.ndim not in (1, 2):
        raise RuntimeError("prob_dist must be 1 or 2 dim")
    if input.dtype.kind in "iub":
        raise RuntimeError(
            "multinomial only supports floating-point dtypes for input, got: "
            f"{of_numpy(input.dtype).scalar_type}"
        )
    if num_samples <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    rows = np.atleast_2d(_array(input))
    if np.any(rows < 0) or not np.all(np.isfinite(rows)):
        raise RuntimeError(
            "probability tensor contains either `inf`, `nan` or element < 0"
        )
    if np.any(rows.sum(-1) <= 0):
        raise RuntimeError(
            "invalid multinomial distribution (sum of probabilities <= 0)"
        )
    if not replacement and num_samples > rows.shape[-1]:
        raise RuntimeError(
            "cannot sample n_sample > prob_dist.size(-1) samples without replacement"
        )
    stream = _stream_of(generator)
    out = RAW.random_multinomial(
        rows, count=num_samples, replacement=replacement, generator=stream
    )
    return out[0] if input.ndim == 1 else out


# --- in place -------------------------------------------------------------------------

_CONTINUOUS = (
    "{} distribution is a continuous probability distribution. dtype must be a "
    "floating point but you specified {}"
)
_FLOATS_ONLY = {"exponential": "iubc", "cauchy": "iubc", "log_normal": "iubc"}
_REFUSED = {**_FLOATS_ONLY, "random": "c", "bernoulli": "c", "geometric": "bc"}
"""Kinds of numbers that `name_` does not draw."""


def _check_kind(name: str, dtype: np.dtype[Any]) -> None:
    if dtype.kind not in _REFUSED.get(name, ""):
        return
    d = of_numpy(dtype)
    if name in ("exponential", "cauchy"):
        word = d.scalar_type if name == "exponential" else c_type(d)
        raise RuntimeError(_CONTINUOUS.format(name.capitalize(), word))
    kernel = {"random": "random_kernel_cpu", "bernoulli": "bernoulli_scalar_cpu_"}
    raise NotImplementedError(
        f"\"{kernel.get(name, f'{name}_cpu')}\" not implemented for '{d.scalar_type}'"
    )


def _fills(name: str, draw: Any) -> None:
    """`name_`: the elements are replaced by draws."""

    def method(self: Any, *args: Any, generator: Any = None, **kw: Any) -> Any:
        check_write(self)
        check_memory(self)
        _check_kind(name, self._p.dtype)
        if is_abstract(self._p):
            return self
        stream, p = _stream_of(generator), self._p
        values = in_memory(p, lambda slots: draw(stream, slots, *args, **kw))
        out = tied(payload_of(self), np.asarray(values).astype(self._p.dtype))
        lift(out, f"{name.capitalize()}Backward0", (self,))
        mutation.write(self, out, fresh=True)
        return self

    method.__name__ = method.__qualname__ = f"{name}_"
    setattr(Tensor, f"{name}_", method)


def _draw_uniform(s: Any, p: Any, a: float = 0.0, b: float = 1.0, **kw: Any) -> Any:
    a, b = kw.get("from", a), kw.get("to", b)
    if p.dtype.kind in "iub":
        raise NotImplementedError(
            '"check_uniform_bounds" not implemented for '
            f"'{of_numpy(p.dtype).scalar_type}'"
        )
    if a > b:
        raise RuntimeError(
            f"uniform_ expects to return a [from, to) range, but found "
            f"from={a:g} > to={b:g}"
        )
    if not np.isfinite(b):
        raise RuntimeError("to is out of bounds for float")
    return s.uniforms(p.shape, p.dtype, a, b)


def _check_real(d: np.dtype[Any], kernel: str) -> None:
    if d.kind in "iub":
        raise NotImplementedError(
            f"\"{kernel}\" not implemented for '{of_numpy(d).scalar_type}'"
        )


def _check_positive(name: str, word: str, value: float) -> None:
    if not value > 0:
        raise RuntimeError(f"{name} expects {word} > 0.0, but found {word}={value:g}")


def _draw_normal(s: Any, p: Any, mean: float = 0.0, std: float = 1.0) -> Any:
    _check_real(p.dtype, "normal_kernel_cpu")
    if std < 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
    return _normal(s, p, mean, std)


def _digits(dtype: np.dtype[Any]) -> int:
    """How many binary digits a number of the dtype has, without its sign."""
    if dtype.kind == "b":
        return 1
    if dtype.kind in "iu":
        return int(np.iinfo(dtype).max).bit_length()
    return {"bfloat16": 8, "float16": 11, "float32": 24}.get(dtype.name, 53)


def _most(dtype: np.dtype[Any]) -> int:
    """One more than the largest number that `random_` gives."""
    return (1 << _digits(dtype)) + (dtype.kind not in "iub")


def _draw_random(s: Any, p: Any, *args: Any, **kw: Any) -> Any:
    low = kw.get("from", 0)
    high = kw.get("to")
    if len(args) == 2:
        low, high = args
    elif args:
        high = args[0]
    if high is None and not args and "from" not in kw:
        size = 1 << _digits(p.dtype) if p.dtype.kind in "iub" else _most(p.dtype)
        return s.remainders(0, size, p.shape, p.dtype.itemsize == 8)
    if high is None:
        high = _most(p.dtype)
    if low >= high:
        raise RuntimeError(
            "random_ expects 'from' to be less than 'to', but got "
            f"from={low} >= to={high}"
        )
    _check_range(low, high, of_numpy(p.dtype))
    return s.integers(low, high, p.shape)


def _draw_exponential(s: Any, p: Any, lambd: float = 1.0) -> Any:
    _check_positive("exponential_", "lambda", lambd)
    return s.standard_exponential(p.shape) / lambd


def _draw_geometric(s: Any, p: Any, chance: Any = None, **kw: Any) -> Any:
    chance = kw.get("p", chance)
    if not 0 < chance < 1:
        raise RuntimeError(
            f"geometric_ expects p to be in (0, 1), but got p={chance:g}"
        )
    return s.geometric(chance, p.shape)


def _draw_cauchy(s: Any, p: Any, median: float = 0.0, sigma: float = 1.0) -> Any:
    _check_positive("cauchy_", "sigma", sigma)
    return median + sigma * s.standard_cauchy(p.shape)


def _draw_log_normal(s: Any, p: Any, mean: float = 1.0, std: float = 2.0) -> Any:
    _check_positive("log_normal_", "std", std)
    return s.lognormal(mean, std, p.shape)


def _draw_bernoulli(s: Any, p: Any, chance: Any = 0.5, **kw: Any) -> Any:
    chance = kw.get("p", chance)
    q = chance.array() if isinstance(chance, Tensor) else chance
    if not isinstance(chance, CoreTensor) and not 0 <= chance <= 1:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={chance}")
    scalar = not isinstance(chance, CoreTensor)
    return _chances(s, p, q, scalar) < q


_fills("uniform", _draw_uniform)
_fills("normal", _draw_normal)
_fills("random", _draw_random)
_fills("bernoulli", _draw_bernoulli)
_fills("exponential", _draw_exponential)
_fills("geometric", _draw_geometric)
_fills("cauchy", _draw_cauchy)
_fills("log_normal", _draw_log_normal)
