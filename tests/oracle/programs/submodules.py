# ruff: noqa
# pyright: basic
import torch, sys, io


def T(f):
    try:
        r = f()
        print("ok", r)
    except Exception as e:
        print(type(e).__name__, str(e)[:300])


from torch.signal import windows as W

for n in (
    "bartlett",
    "blackman",
    "cosine",
    "exponential",
    "gaussian",
    "hamming",
    "hann",
    "kaiser",
    "nuttall",
    "general_hamming",
):
    f = getattr(W, n)
    for kw in ({}, {"sym": False}, {"dtype": torch.float64}):
        T(lambda: f(6, **kw))
    T(lambda: f(1))
    T(lambda: f(0))
T(lambda: W.general_cosine(5, a=[0.5, 0.3, 0.2]))
T(lambda: W.general_cosine(5))
T(lambda: W.gaussian(4, std=-1))
T(lambda: W.hann(4, dtype=torch.float16))
T(lambda: W.exponential(4, tau=0.0))
T(lambda: torch.cpu.is_available())
T(lambda: torch.cpu.device_count())
T(lambda: torch.cpu.current_device())
T(lambda: torch.cpu.synchronize())
with torch.cpu.stream(torch.cpu.current_stream()):
    pass
f = torch.futures.Future()
T(lambda: f.done())
g = f.then(lambda x: x.wait() + 1)
f.set_result(3)
T(lambda: (f.wait(), g.wait(), f.value(), f.done()))
T(lambda: f.set_result(1))
T(lambda: torch.futures.wait_all([f, g]))
T(lambda: [x.wait() for x in torch.futures.collect_all([f, g]).wait()])
V = torch.torch_version.TorchVersion
T(
    lambda: (
        V("1.10.0") > "1.9",
        V("1.10") < (1, 11),
        V("2.0.1") == "2.0.1",
        V("2.0.0") == (2, 0),
        V("2.0.0a0") < "2.0.0",
        V("1.13.1") >= (1, 13),
    )
)
T(lambda: torch.__version__.split(".")[0])
T(lambda: torch.__version__ > "1.0")
import torch.types

T(lambda: isinstance(3, torch.types.Number))
T(lambda: torch.hub.load("x/y", "z", source="foo"))
# cuda
c = torch.cuda
T(lambda: c.is_available())
T(lambda: c.device_count())
T(lambda: c.is_initialized())
for n in (
    "current_device",
    "synchronize",
    "get_device_name",
    "current_stream",
    "get_device_properties",
    "get_device_capability",
    "default_stream",
    "get_rng_state",
    "mem_get_info",
    "init",
    "seed_all",
    "get_rng_state_all",
    "ipc_collect",
    "empty_cache",
    "memory_stats",
    "max_memory_allocated",
    "memory_reserved",
    "memory_allocated",
    "memory_cached",
    "max_memory_cached",
    "list_gpu_processes",
    "is_bf16_supported",
    "get_arch_list",
    "get_gencode_flags",
    "graph_pool_handle",
    "Stream",
    "Event",
    "CUDAGraph",
    "has_half",
    "has_magma",
    "default_generators",
    "host_memory_stats",
    "is_tf32_supported",
):

    def f():
        o = getattr(c, n)
        return o() if callable(o) else o

    T(f)
T(lambda: c.manual_seed(1))
T(lambda: c.manual_seed_all(1))
T(lambda: c.get_device_name(0))


def dev():
    with c.device(None):
        print("in")
    with c.stream(None):
        print("in")


T(lambda: torch.ones(2).cuda())
T(lambda: torch.ones(2, device="cuda"))
T(lambda: torch.ones(2).to("cuda:0"))
T(lambda: torch.nn.Linear(1, 1).cuda())
T(lambda: torch.nn.Linear(1, 1).to("cuda"))
T(lambda: torch.tensor(1, device="cuda"))
T(lambda: torch.cuda.FloatTensor(2))
T(lambda: torch.zeros(1).pin_memory())
T(lambda: torch.device("cuda" if torch.cuda.is_available() else "cpu"))
T(lambda: torch.device("cuda:1").index)
T(lambda: torch.device("foo"))
T(lambda: issubclass(torch.cuda.OutOfMemoryError, RuntimeError))
T(lambda: torch.OutOfMemoryError is torch.cuda.OutOfMemoryError)
T(lambda: torch.cuda.OutOfMemoryError)
T(lambda: torch.backends.cudnn.is_available())
T(lambda: torch.backends.cudnn.version())
T(lambda: torch.backends.cudnn.enabled)
T(lambda: torch.backends.cudnn.benchmark)
T(lambda: torch.backends.cudnn.deterministic)
T(lambda: torch.backends.mps.is_available())
T(lambda: torch.backends.mps.is_built())
T(lambda: torch.backends.mkl.is_available())
T(lambda: torch.backends.openmp.is_available())
T(lambda: torch.backends.mkldnn.is_available())
T(lambda: torch.backends.cuda.is_built())
T(lambda: torch.backends.cuda.matmul.allow_tf32)
T(lambda: torch.backends.cpu.get_cpu_capability().__class__)
T(lambda: torch.backends.opt_einsum.is_available().__class__)
T(lambda: torch.backends.quantized.supported_engines.__class__)


def cd():
    with torch.backends.cudnn.flags(enabled=False):
        return torch.backends.cudnn.enabled


T(cd)


def sd():
    with torch.backends.cuda.sdp_kernel(enable_math=True, enable_flash=False):
        return 1


T(lambda: torch.backends.cuda.flash_sdp_enabled())
T(lambda: torch.backends.cuda.math_sdp_enabled())
T(lambda: torch.backends.cuda.mem_efficient_sdp_enabled())
T(lambda: torch.backends.cuda.preferred_linalg_library().__class__.__name__)
T(lambda: torch.backends.mkldnn.enabled)
from torch.nn.attention import sdpa_kernel, SDPBackend

q = torch.ones(1, 1, 2, 4)
with sdpa_kernel(SDPBackend.MATH):
    T(lambda: torch.nn.functional.scaled_dot_product_attention(q, q, q))
with sdpa_kernel([SDPBackend.MATH, SDPBackend.FLASH_ATTENTION]):
    T(lambda: torch.nn.functional.scaled_dot_product_attention(q, q, q).shape)
T(
    lambda: (
        SDPBackend.MATH,
        SDPBackend.MATH.value,
        SDPBackend.ERROR,
        repr(SDPBackend.FLASH_ATTENTION),
    )
)
T(lambda: sdpa_kernel("x").__enter__())
T(lambda: torch.xpu.is_available())
T(lambda: torch.mps.is_available())
T(lambda: torch.mtia.is_available())
T(lambda: torch.accelerator.is_available())
T(lambda: torch.accelerator.current_accelerator())
T(lambda: torch.accelerator.device_count())
T(lambda: torch.amp.is_autocast_available("cpu"))
T(lambda: torch.amp.is_autocast_available("cuda"))
T(lambda: torch.cuda.nvtx.range_push("x"))
s = torch.utils.dlpack.to_dlpack(torch.ones(2))
T(lambda: torch.utils.dlpack.from_dlpack(torch.ones(2)))
a, b = torch.ones(2), torch.zeros(3)
torch.utils.swap_tensors(a, b)
print(a, b)
import torch.utils.deterministic

T(lambda: torch.utils.deterministic.fill_uninitialized_memory)


def tb():
    import builtins
    from torch.utils.tensorboard import SummaryWriter


T(tb)
from torch.utils.data import distributed

T(
    lambda: (
        torch.utils.data.distributed.DistributedSampler(
            [1, 2, 3, 4, 5], num_replicas=2, rank=0, shuffle=False
        )
        .__iter__()
        .__next__()
    )
)
T(
    lambda: list(
        torch.utils.data.DistributedSampler(
            [1, 2, 3, 4, 5], num_replicas=2, rank=1, shuffle=False
        )
    )
)
T(lambda: torch.utils.data.DistributedSampler([1, 2, 3, 4, 5], num_replicas=2, rank=2))
T(
    lambda: len(
        torch.utils.data.DistributedSampler(
            [1, 2, 3, 4, 5], num_replicas=2, rank=1, drop_last=True
        )
    )
)
with torch.profiler.profile(
    activities=[torch.profiler.ProfilerActivity.CPU], record_shapes=True
) as prof:
    with torch.profiler.record_function("x"):
        torch.ones(3) + 1
T(lambda: prof.key_averages().table(sort_by="cpu_time_total", row_limit=2).__class__)
with (
    torch.autograd.profiler.profile(use_cpu=True)
    if 0
    else torch.autograd.profiler.profile() as p
):
    torch.ones(2)
sch = torch.profiler.schedule(wait=1, warmup=1, active=2, repeat=1)
T(lambda: [sch(i) for i in range(6)])
n = [0]
with torch.profiler.profile(
    schedule=torch.profiler.schedule(wait=0, warmup=1, active=1),
    on_trace_ready=lambda p: n.__setitem__(0, n[0] + 1),
) as prof:
    for i in range(4):
        prof.step()
T(lambda: prof.step_num)
print(n)
T(lambda: torch.profiler.supported_activities().__class__)
from torch.optim.lr_scheduler import LRScheduler, _LRScheduler
from torch.nn.parallel import DataParallel
from torch.nn import DataParallel

T(lambda: DataParallel(torch.nn.Linear(1, 1)))
from torch.random import fork_rng

T(lambda: torch.random.initial_seed().__class__)
from torch.overrides import (
    has_torch_function_unary,
    has_torch_function_variadic,
    is_tensor_method_or_property,
    get_ignored_functions,
    resolve_name,
    TorchFunctionMode,
)

T(lambda: has_torch_function_unary(torch.ones(1)))
T(lambda: is_tensor_method_or_property(torch.Tensor.add))
T(lambda: resolve_name(torch.add))


class Count(TorchFunctionMode):
    def __init__(self):
        self.n = []

    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.n.append(func.__name__)
        return func(*args, **(kwargs or {}))


with Count() as cm:
    x = torch.ones(2)
    y = torch.relu(x)
print(cm.n)
