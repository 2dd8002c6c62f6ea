"""What community programs showed to differ from MindSpore 2.10.

Values and texts are those that MindSpore 2.10 gives on the CPU for the same lines.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import isograd.mindspore as ms
from isograd.mindspore import Parameter, Tensor, nn, ops

X = Tensor([[1.0, -1.0], [2.0, 0.5]])


# --- hooks and custom derivatives -----------------------------------------------------


def dense() -> Any:
    return nn.Dense(2, 2, Tensor([[1.0, 2.0], [3.0, 4.0]]), Tensor([0.0, 0.0]))


@pytest.mark.parametrize(
    ("found", "error", "text"),
    [
        (3, TypeError, "hook_backward_grad should be a tensor but got int"),
        ((None,), TypeError, "should be a tensor but got NoneType"),
        ((Tensor([1.0, 2.0]),), ValueError, "but got Tensor shape:"),
        ((X, X), TypeError, "size is 2 not equal to expect grad input size 1"),
    ],
)
def test_what_a_backward_hook_returns_is_checked(
    found: Any, error: Any, text: str
) -> None:
    net = dense()
    net.register_backward_hook(lambda cell, gi, go: found)
    with pytest.raises(error, match=text):
        ms.grad(net)(X)


def test_a_backward_hook_sees_none_where_no_input_has_a_gradient() -> None:
    net, seen = dense(), []
    net.register_backward_hook(lambda cell, gi, go: seen.append((gi, len(go))))
    ms.grad(net, None, net.trainable_params())(X)
    assert seen == [((None,), 1)]


def test_a_tensor_hook_must_return_a_tensor() -> None:
    def f(x: Any) -> Any:
        y = x * 2
        y.register_hook(lambda g: 3)
        return y

    with pytest.raises(RuntimeError, match="should be return Tensor, but get type"):
        ms.grad(f)(X)


def test_bprop_gradients_are_summed_to_their_inputs_never_spread() -> None:
    class Given(nn.Cell):
        def __init__(self, shape: Any) -> None:
            super().__init__()
            self.shape = shape

        def construct(self, x: Any) -> Any:
            return x * 2

        def bprop(self, x: Any, out: Any, dout: Any) -> Any:
            return (Tensor(np.ones(self.shape, np.float32)),)

    assert ms.grad(Given((3, 2, 2)))(X).asnumpy().tolist() == [[3, 3], [3, 3]]
    for shape in ((), (2,), (1, 2)):
        with pytest.raises(RuntimeError, match="should be broadcast to expected shape"):
            ms.grad(Given(shape))(X)


def test_bprop_gives_gradients_of_internal_params() -> None:
    class Scaled(nn.Cell):
        def __init__(self) -> None:
            super().__init__()
            self.w = Parameter(Tensor([2.0, 2.0]), name="w")
            self.internal_params = [self.w]

        def construct(self, x: Any) -> Any:
            return x * self.w

        def bprop(self, x: Any, out: Any, dout: Any) -> Any:
            return (dout * 100,), {self.w: dout * x}

    net = Scaled()
    gx, gw = ms.grad(net, 0, net.w)(X)
    assert gx.asnumpy().tolist() == [[100, 100], [100, 100]]
    assert gw.asnumpy().tolist() == [3, -0.5]


def test_functions_of_users() -> None:
    class Cube(ms._Function):
        @staticmethod
        def forward(x: Any, power: int) -> Any:
            return x**power

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.save_for_backward(inputs[0])

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return g * 3 * x * x, None

    x = Tensor([2.0])
    assert float(ms.grad(lambda x: Cube.apply(x, 3))(x)[0]) == 12
    assert float(ms.grad(ms.grad(lambda x: Cube.apply(x, 3)))(x)[0]) == 12


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (lambda g: (g,), "wrong number of gradients, expect: 2but: 1"),
        (lambda g: (3.0, g), "Gradient should be none or tensor, position: 0"),
        (lambda g: (g.sum(), g), "should be broadcast to expected shape"),
    ],
)
def test_gradients_of_users_functions_are_checked(given: Any, text: str) -> None:
    class F(ms._Function):
        @staticmethod
        def forward(ctx: Any, a: Any, b: Any) -> Any:
            return a * b

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return given(g)

    with pytest.raises(RuntimeError, match=text):
        ms.grad(lambda a, b: F.apply(a, b), (0, 1))(X, X)


def test_no_gradients_in_no_grad() -> None:
    from isograd.mindspore.common.api import _no_grad

    @_no_grad()
    def tripled(x: Any) -> Any:
        return x * 3

    assert ms.grad(lambda x: x * tripled(x))(Tensor([2.0])).asnumpy().tolist() == [6]
    with _no_grad(), pytest.raises(RuntimeError, match="In no_grad context"):
        ms.grad(lambda x: x)(X)


# --- grad, vjp, vmap ------------------------------------------------------------------


def test_errors_of_sens() -> None:
    op = ops.GradOperation(sens_param=True)
    x = Tensor([1.0, 2.0])
    for bad in ([1.0, 2.0], "a", (1.0,), np.ones(2, np.float32)):
        with pytest.raises(RuntimeError, match="size should be same as out of network"):
            op(lambda x: x * 2)(x, bad)
    with pytest.raises(TypeError, match="The dtype should be Float32, but got Int64"):
        op(lambda x: x * 2)(x, Tensor([1, 2]))
    both = op(lambda x: (x, (x, x)))(x, (x, (x, x)))
    assert both.asnumpy().tolist() == [3, 6]


def test_texts_of_transforms() -> None:
    with pytest.raises(TypeError, match="For `get_grad`, the `x` should be an integer"):
        ms.get_grad(ms.grad(lambda x: x, return_ids=True)(X), "w")
    with pytest.raises(RuntimeError, match="equal to the number of arguments of 'fn'"):
        ms.vmap(lambda a, b: a + b, (0,))(X, X)
    with pytest.raises(RuntimeError, match="cannot be a single None"):
        ms.vmap(lambda a: a, None)(X)
    with pytest.raises(TypeError, match="Type Join Failed: dtype1 = Float16"):
        ms.jvp(lambda x: x * 2, X, X.astype(ms.float16))
    with pytest.raises(TypeError, match="The fn should be callable, but got int"):
        ms.vjp(3, X)
    w = Parameter(X, name="w")
    _, pull = ms.vjp(lambda x: x * w, X, weights=w)
    assert isinstance(pull(X)[1], Tensor)  # one weight, no tuple


def test_labels_and_weights_have_no_gradient() -> None:
    p = Tensor([[0.2, 0.7], [0.6, 0.4]])
    t = Tensor([[0.3, 0.6], [0.5, 0.9]])
    losses = (
        lambda y: ops.kl_div(p, y),
        lambda y: ops.SigmoidCrossEntropyWithLogits()(p, y),
        lambda y: nn.SoftmaxCrossEntropyWithLogits()(p, y),
        lambda w: ops.binary_cross_entropy(p, t, w),
        lambda w: ops.binary_cross_entropy_with_logits(p, t, w, w),
    )
    for loss in losses:
        assert not ms.grad(loss)(t.copy()).asnumpy().any()
    assert ms.grad(lambda y: ops.binary_cross_entropy(p, y))(t).asnumpy().all()


def test_the_padding_row_of_an_embedding_has_a_gradient() -> None:
    net = nn.Embedding(3, 1, embedding_table="ones", padding_idx=0)
    (g,) = ms.grad(net, None, net.trainable_params())(Tensor([0, 1, 1], ms.int32))
    assert g.asnumpy().ravel().tolist() == [1, 2, 0]


# --- optimizers -----------------------------------------------------------------------


def names(optimizer: Any) -> list[str]:
    return [p.name for p in optimizer.get_parameters()]


def test_an_optimizers_parameters() -> None:
    head, weights = ["global_step", "learning_rate"], ["weight", "bias"]
    params = nn.Dense(2, 1).trainable_params()
    both = lambda stem: [f"{stem}.weight", f"{stem}.bias"]  # noqa: E731
    assert names(nn.Momentum(params, 0.1, 0.9)) == [
        *head,
        *weights,
        "momentum",
        *both("moments"),
    ]
    assert names(nn.SGD(params, 0.1))[4:] == ["momentum", *both("accum"), *both("stat")]
    assert names(nn.AdamWeightDecay(params))[4:] == [*both("adam_m"), *both("adam_v")]
    assert names(nn.RMSProp(params, centered=True))[4:] == [
        *both("mean_grad"),
        *both("mean_square"),
        *both("moment"),
    ]
    grouped = nn.SGD([{"params": params[:1], "lr": 0.2}, {"params": params[1:]}], 0.1)
    assert names(grouped)[:3] == [
        "global_step",
        "learning_rate_group_0",
        "learning_rate",
    ]
    assert names(nn.SGD(params, [0.1, 0.2]))[-1] == "learning_rate"


def test_steps_answer_and_get_lr_gives_the_parameter() -> None:
    net = nn.Dense(2, 1)
    optimizer = nn.Adam(net.trainable_params(), 0.1)
    grads = tuple(ops.ones_like(p) for p in net.trainable_params())
    assert optimizer(grads) == (True, True)
    assert optimizer.get_lr() is optimizer.learning_rate
    assert optimizer.global_step.asnumpy().tolist() == [1]  # get_lr counts no step
    listed = nn.SGD(net.trainable_params(), [0.1, 0.2, 0.3])
    assert str(listed) == "SGD(\n  (learning_rate): _IteratorLearningRate()\n)"
    rates = [float(listed.get_lr()) for _ in range(2) if listed(grads)]
    assert rates == pytest.approx([0.2, 0.3])
    assert listed(grads)
    with pytest.raises(RuntimeError, match=r"should be in the range .0, 3., but got 3"):
        listed(grads)  # the list has run out


def test_adam_without_correction_has_coefficients_of_float32() -> None:
    p = Parameter(Tensor([1.0]), name="p")
    optimizer = nn.AdamWeightDecay([p], 0.1)
    for _ in range(2):
        optimizer((Tensor([1.0]),))
    assert float(p) == pytest.approx(0.2588276267051697, abs=1e-7)


def test_optimizers_rename_parameters() -> None:
    net = nn.Dense(2, 1)
    nn.SGD(net.trainable_params(), 0.1).update_parameters_name("g.")
    assert [p.name for p in net.get_parameters()] == ["g.weight", "g.bias"]


# --- printed texts --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Tensor([1.0, 0.5], ms.float64), "[ 1.00000000e+00,  5.00000000e-01]"),
        (Tensor([1.5, -2.25], ms.bfloat16), "[  1.5, -2.25]"),
        (Tensor([0.1, 1e10], ms.bfloat16), "[   0.100098, 9.99922e+09]"),
        (Tensor([1.5, -2.25], ms.complex64), "[1.5+0j, -2.25+0j]"),
        (Tensor(1.5, ms.complex64), "1.5+0j"),
        (Tensor([]), ""),
    ],
)
def test_representations(value: Any, text: str) -> None:
    assert repr(value).endswith(f"value= {text})")


def test_long_representations_have_a_comma_before_the_dots() -> None:
    text = repr(Tensor(np.arange(2000).reshape(40, 50)))
    assert "[ 100,  101,  102 ...  147,  148,  149],\n ...\n [1850" in text


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (lambda: nn.Softmax(), "Softmax()"),
        (lambda: nn.LogSoftmax(0), "LogSoftmax()"),
        (
            lambda: nn.Dense(2, 3, has_bias=False),
            "Dense(input_channels=2, output_channels=3)",
        ),
        (
            lambda: nn.GRU(2, 3),
            "GRU(\n  (rnn): _DynamicGRUCPUGPU()\n  (dropout_op): Dropout(p=0.0)\n)",
        ),
        (lambda: nn.MaxPool1d(2), "MaxPool1d(kernel_size=(1, 2), stride=(1, 1)"),
        (lambda: nn.AdaptiveAvgPool2d(2), "AdaptiveAvgPool2d()"),
        (lambda: nn.GroupNorm(2, 4), "GroupNorm(num_groups=2, num_channels=4)"),
        (lambda: nn.BatchNorm2d(3), "BatchNorm2d(num_features=3, eps=1e-05, momentum"),
        (
            lambda: nn.Conv2d(1, 2, 3),
            "weight_init=<mindspore.common.initializer.HeUniform object at",
        ),
        (lambda: ops.ReduceSum(True), "Prim[ReduceSum]<keep_dims=True, skip_mode="),
        (lambda: ops.Add(), "Prim[Add]"),
        (lambda: ops.Assign(), "Prim[Assign]<side_effect_mem=True>"),
    ],
)
def test_cells_and_operators_print_as_mindspores(cell: Any, text: str) -> None:
    assert text in repr(cell())


def test_transformer_layers_have_mindspores_names() -> None:
    layer = nn.TransformerDecoderLayer(4, 2, 8)
    assert list(layer.name_cells())[:5] == [
        "self_attn",
        "multihead_attn",
        "dense1",
        "dropout",
        "dense2",
    ]


# --- tensors, containers, composites --------------------------------------------------


def test_dtypes_of_tensors_from_python_and_numpy() -> None:
    assert Tensor(np.float64(0.5)).dtype == ms.float64
    assert Tensor([np.int32(1)]).dtype == ms.int64
    assert Tensor([1j]).dtype == ms.complex128
    for bad in ("float32", np.float32, float, 3):
        with pytest.raises(TypeError, match="For 'Tensor', the 'dtype' should be one"):
            Tensor([1.0], bad)
    with pytest.raises(ValueError, match="'shape' should be set to None"):
        Tensor([1.0], shape=(1,))
    with pytest.raises(TypeError, match="'foo' is an invalid keyword argument"):
        Tensor([1.0], foo=3)


def test_a_tensor_to_a_tensors_power() -> None:
    out = Tensor([1.0, 2.0, 3.0]) ** Tensor([4.0, 5.0, 6.0])
    assert out.asnumpy().tolist() == [1, 32, 729]


def test_containers() -> None:
    row = nn.SequentialCell(nn.ReLU())
    assert row.append(nn.Tanh()) is None and not hasattr(row, "insert")
    with pytest.raises(TypeError, match=r"the 'args\[0\]' must be Cell, list or"):
        nn.SequentialCell(3)
    with pytest.raises(TypeError, match="each cell must be subclass of Cell"):
        nn.CellList([nn.ReLU()]).append(3)


def test_mapping_gives_tuples_as_long_as_the_shortest() -> None:
    add = lambda a, b: a + b  # noqa: E731
    assert ops.HyperMap()(add, [1, [2]], (3, (4,))) == (4, (6,))
    assert ops.Map()(add, (1, 2, 3), [1, 2]) == (2, 4)


def test_functions_by_type() -> None:
    kind = ops.MultitypeFuncGraph("kind")
    kind.register("Number", "Tensor")(lambda a, b: "number")
    kind.register("Bool", "Number")(lambda a, b: "bool")
    assert kind(np.float32(1), X) == "number" and kind(True, 2) == "bool"
    with pytest.raises(ValueError, match=r"\(mindspore.string_, mindspore.int64\)"):
        kind("a", 1)
    with pytest.raises(NotImplementedError, match="cannot be converted"):
        kind({}, 1)
    with pytest.raises(RuntimeError, match="Unsupported type name: Blah!"):
        kind.register("Blah")(len)


@pytest.mark.parametrize(
    ("key", "error", "text"),
    [
        (1.0, IndexError, "Only support integers, slices"),
        ("a", IndexError, "Unsupported Python object type received: <class 'str'>"),
        (range(2), IndexError, "Received value: range"),
        ((0, 1.5), TypeError, "For tuple index, the types only support"),
        ((0, 0, 0), IndexError, "too many indices for tensor of dimension2"),
        (False, IndexError, "the value only support 'True'"),
        ((..., ...), IndexError, "only have a single ellipsis"),
        (slice(0, 2, 0), ValueError, "'strides' cannot contain 0"),
        (slice("a"), RuntimeError, "Slice index type must be int, tensor or none"),
        (["a"], IndexError, "Unsupported Python object type"),
        (Tensor([1.5]), IndexError, "The tensor index must be int or bool type"),
    ],
)
def test_what_is_no_index(key: Any, error: Any, text: str) -> None:
    with pytest.raises(error, match=text):
        X[key]


def test_what_cannot_be_written() -> None:
    x = X.copy()
    with pytest.raises(TypeError, match="only support numbers, Tensor, tuple, list"):
        x[0] = None
    with pytest.raises(IndexError, match="Unsupported Python object type"):
        x[0] = "a"
    with pytest.raises(
        ValueError, match=r"But got x_shape: \(3\), target shape: \(2\)"
    ):
        x[0] = [1.0, 2.0, 3.0]
    x[False] = 5.0
    assert (x.asnumpy() == X.asnumpy()).all()


def test_which_tensors_share_memory() -> None:
    p = Parameter(Tensor([1.0, 2.0]), name="p")
    before, same = p.value(), p.data
    nn.SGD([p], 1.0)((Tensor([1.0, 1.0]),))
    assert before.asnumpy().tolist() == [1, 2]  # memory of its own
    assert same.asnumpy().tolist() == [0, 1] and type(same) is Tensor
    x = Tensor([1.0, 2.0])
    x.astype(ms.float32)[0] = 3.0
    assert x.asnumpy().tolist() == [3, 2]
    x.copy()[0] = 4.0
    assert x.asnumpy().tolist() == [3, 2]


# --- datasets and training ------------------------------------------------------------


def test_arguments_of_datasets_are_checked() -> None:
    from isograd.mindspore.dataset import GeneratorDataset, NumpySlicesDataset

    data = NumpySlicesDataset({"a": [1, 2, 3]}, shuffle=False)
    for act, error in (
        (lambda: data.batch(0), "batch_size is not within the required interval"),
        (lambda: data.repeat(0), "count should be either -1 or positive integer"),
        (lambda: data.take(0), "count should be either -1 or within"),
        (lambda: data.skip(-1), "count is not within the required interval"),
        (lambda: data.map(3), "element of method map should be a python function"),
    ):
        with pytest.raises(ValueError, match=error):
            act()
    with pytest.raises(TypeError, match="should be callable, iterable or random"):
        GeneratorDataset(3, ["a"])
    rows = [(np.ones(2, np.float32), 1)] * 3
    padded = GeneratorDataset(rows, ["x", "y"], shuffle=False)
    padded = padded.padded_batch(3, pad_info={"x": ([3], -1.0)})
    (batch,) = padded.create_tuple_iterator(output_numpy=True)
    assert batch[0].tolist() == [[1, 1, -1]] * 3


def test_metrics_are_python_numbers() -> None:
    metric = nn.MAE()
    metric.update(X, X + 1)
    assert type(metric.eval()) is float


# --- operators that write -------------------------------------------------------------


def test_assigning_gives_the_new_value_in_memory_of_its_own() -> None:
    p = Parameter(Tensor([1.0, 2.0]), name="p")
    for act in (ops.assign, ops.Assign(), lambda p, v: ops.assign_add(p, v * 0)):
        out = act(p, Tensor([7.0, 8.0]))
        assert type(out) is Tensor and out.asnumpy().tolist() == [7, 8]
    ops.assign(p, Tensor([9.0, 9.0]))
    assert out.asnumpy().tolist() == [7, 8]


def test_operators_of_optimizers() -> None:
    v = Parameter(Tensor([1.0, 2.0]), name="v")
    m = Parameter(Tensor([0.0, 0.0]), name="m")
    g = Tensor([1.0, 1.0])
    ops.ApplyGradientDescent()(v, 0.1, g)
    assert v.asnumpy() == pytest.approx([0.9, 1.9])
    second = Parameter(Tensor([0.0, 0.0]), name="s")
    ops.Adam()(v, m, second, 0.9, 0.999, 0.1, 0.9, 0.999, 1e-8, g)
    assert v.asnumpy() == pytest.approx([0.8, 1.8], rel=1e-6)
    out = ops.ApplyMomentum()(v, m, 0.1, g, 0.9)
    assert out.asnumpy() == pytest.approx([0.691, 1.691])
    assert m.asnumpy() == pytest.approx([1.09, 1.09])
    ops.ApplyAdagrad()(v, m, 0.1, g)
    assert m.asnumpy() == pytest.approx([2.09, 2.09])
    stat = Parameter(Tensor([1.0, 1.0]), name="t")
    ops.SGD()(v, g, Tensor(0.1), m, Tensor(0.9), stat)
    assert m.asnumpy().tolist() == [1, 1] and not stat.asnumpy().any()


def test_printing_operators(capsys: pytest.CaptureFixture[str]) -> None:
    ops.Print()("a", 3, Tensor(2), (Tensor(1.0), 2))
    ops.print_("x", Tensor([1.0]))
    assert capsys.readouterr().out == (
        "a\n3\nTensor(shape=[], dtype=Int64, value= 2)\n"
        "(Tensor(shape=[], dtype=Float32, value= 1), 2)\n"
        "x\nTensor(shape=[1], dtype=Float32, value= [ 1.00000000e+00])\n"
    )


@pytest.mark.parametrize(
    ("act", "error", "text"),
    [
        (lambda p: nn.SGD(p, 0.1, -1.0), ValueError, "'momentum' must be at least 0.0"),
        (lambda p: nn.SGD(p, 0.1, "a"), TypeError, "must be float type, but got"),
        (
            lambda p: nn.Adam(p, 0.1, 1.5),
            ValueError,
            r"must be in range of \(0.0, 1.0\), but got 1.5 with type 'float'",
        ),
        (
            lambda p: nn.Adam(p, weight_decay=-1.0),
            ValueError,
            "For 'Adam', the 'weight_decay' must be float and must >= 0",
        ),
        (lambda p: nn.Adam([{"lr": 0.1}]), KeyError, "params"),
        (lambda p: nn.Adam([1]), TypeError, "please check the 'parameters'"),
        (
            lambda p: nn.SGD([p[0], p[0]], 0.1),
            RuntimeError,
            "does not support repeated",
        ),
        (
            lambda p: nn.Dense("a", 1),
            TypeError,
            "'in_channels' must be int, but got 'str'",
        ),
    ],
)
def test_arguments_of_optimizers_and_layers(act: Any, error: Any, text: str) -> None:
    with pytest.raises(error, match=text):
        act(nn.Dense(2, 2).trainable_params())


def test_shapes_of_what_is_assigned() -> None:
    p = Parameter(Tensor([1.0, 2.0]), name="p")
    with pytest.raises(
        ValueError, match=r"'value' shape: \(3\), 'variable' shape: \(2"
    ):
        ops.assign(p, Tensor([1.0, 2.0, 3.0]))
    with pytest.raises(ValueError, match="'value' rank: 0, 'variable' rank: 1"):
        ops.assign(p, 1.0)
    with pytest.raises(TypeError, match=r"But with type <class 'numpy.ndarray'>"):
        p.set_data(np.ones(2, np.float32))
    assert p.set_data(Tensor([1.0])).shape == (1,)


# --- paths of MindSpore's own programs ------------------------------------------------


def test_a_cell_is_compiled_by_evaluating_it() -> None:
    from isograd.mindspore.common.api import _cell_graph_executor

    class Counting(nn.Cell):
        def __init__(self) -> None:
            super().__init__()
            self.count = Parameter(Tensor(0.0), name="count")

        def construct(self, x: Any) -> Any:
            ops.assign_add(self.count, Tensor(1.0))
            return x * self.count

    net = Counting()
    assert _cell_graph_executor.compile(net, X)[1] is True
    assert float(net.count) == 0
    with pytest.raises(ValueError, match="input dimensions must be equal"):
        _cell_graph_executor.compile(nn.Dense(3, 2), X)


def test_cells_note_the_arguments_they_were_made_with() -> None:
    from isograd.mindspore._extends import cell_attr_register

    class Net(nn.Cell):
        @cell_attr_register
        def __init__(self, width: int, depth: int = 2) -> None:
            super().__init__()

    assert Net(3).cell_init_args == "Netdict_values([3, 2])"


# --- arithmetic -----------------------------------------------------------------------


def test_scaled_addition_and_rounded_division() -> None:
    from isograd.mindspore import mint

    a, b = Tensor([1.0, 2.0]), Tensor([3.0, 5.0])
    assert mint.add(a, b, alpha=2).asnumpy().tolist() == [7, 12]
    assert a.sub(b, alpha=3).asnumpy().tolist() == [-8, -13]
    assert ops.div(b, -a, rounding_mode="floor").asnumpy().tolist() == [-3, -3]
    assert ops.div(b, -a, rounding_mode="trunc").asnumpy().tolist() == [-3, -2]


def test_the_inverse_of_numbers_is_logical() -> None:
    out = ~Tensor([1, 0])
    assert out.dtype == ms.bool_ and out.asnumpy().tolist() == [False, True]


def test_representations_name_mindspores_classes() -> None:
    for made in (ops.GradOperation(), ops.HyperMap(), ops.MultitypeFuncGraph("f")):
        name = type(made).__name__
        assert repr(made).startswith(f"<mindspore.ops.composite.base.{name} object at")
