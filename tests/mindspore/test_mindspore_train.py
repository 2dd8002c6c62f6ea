"""Model, callbacks, metrics, training cells, datasets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import isograd.mindspore as ms
from isograd.mindspore import dataset as ds
from isograd.mindspore import nn, train

X = np.arange(12, dtype=np.float32).reshape(6, 2) / 10
Y = X.sum(axis=1, keepdims=True)


def rows(d: Any) -> list[Any]:
    return [
        [v.tolist() for v in row] for row in d.create_tuple_iterator(output_numpy=True)
    ]


# --- datasets -------------------------------------------------------------------------


def test_slices_and_batches() -> None:
    d = ds.NumpySlicesDataset((X, Y), ["x", "y"], shuffle=False)
    assert d.get_dataset_size() == 6 and d.get_col_names() == ["x", "y"]
    b = d.batch(4)
    assert b.get_dataset_size() == 2 and b.get_batch_size() == 4
    sizes = [row["x"].shape for row in b.create_dict_iterator()]
    assert sizes == [(4, 2), (2, 2)]
    assert d.batch(4, drop_remainder=True).get_dataset_size() == 1
    first = next(iter(b))
    assert isinstance(first[0], ms.Tensor)
    np.testing.assert_array_equal(first[0].asnumpy(), X[:4])


def test_steps_of_a_pipeline() -> None:
    d = ds.GeneratorDataset(list(range(6)), "n", shuffle=False)
    assert rows(d.map(lambda n: n * 2, ["n"]).skip(1).take(3)) == [[2], [4], [6]]
    assert rows(d.filter(lambda n: n % 2 == 0)) == [[0], [2], [4]]
    assert rows(d.repeat(2))[6:] == [[i] for i in range(6)]
    assert rows(d.take(2).concat(d.take(1))) == [[0], [1], [0]]
    both = ds.zip((d, d.rename("n", "m")))
    assert rows(both.project("m").take(2)) == [[0], [1]]
    pair = d.map(lambda n: (n, n + 1), ["n"], ["a", "b"])
    assert pair.get_col_names() == ["a", "b"] and rows(pair)[1] == [1, 2]
    a, b = d.split([4, 2], randomize=False)
    assert (len(rows(a)), rows(b)) == (4, [[4], [5]])


def test_shuffling_follows_the_seed() -> None:
    d = ds.GeneratorDataset(list(range(20)), "n", shuffle=False).shuffle(20)
    ds.config.set_seed(3)
    one = rows(d)
    two = rows(ds.GeneratorDataset(list(range(20)), "n", shuffle=False).shuffle(20))
    assert one == two and sorted(one) == [[i] for i in range(20)] and one != sorted(one)
    assert rows(d) == one  # an iterator begins with the seed


def test_sources() -> None:
    def generate() -> Any:
        for i in range(3):
            yield np.float32(i), i

    d = ds.GeneratorDataset(generate, ["a", "b"])
    assert rows(d) == [[0.0, 0], [1.0, 1], [2.0, 2]]
    picked = ds.GeneratorDataset(list(range(6)), "n", sampler=ds.SubsetSampler([4, 1]))
    assert rows(picked) == [[4], [1]]
    with pytest.raises(RuntimeError, match="return same number of NumPy arrays"):
        rows(ds.GeneratorDataset([(1, 2)], "n", shuffle=False))
    with pytest.raises(ValueError, match="batch_size"):
        d.batch(0)
    cast = ds.transforms.TypeCast(ms.float32)
    assert cast(np.array([1])).dtype == np.float32


# --- training -------------------------------------------------------------------------


def data(shuffle: bool = False) -> Any:
    return ds.NumpySlicesDataset((X, Y), shuffle=shuffle).batch(3)


class Steps(train.Callback):
    def __init__(self) -> None:
        self.seen: list[str] = []

    def on_train_begin(self, run_context: Any) -> None:
        self.seen.append("begin")

    def step_end(self, run_context: Any) -> None:
        args = run_context.original_args()
        self.seen.append(f"{args.cur_epoch_num}.{args.cur_step_num}")

    def on_train_end(self, run_context: Any) -> None:
        self.seen.append("end")


def test_a_model_learns_and_tells(capsys: Any) -> None:
    net = nn.Dense(2, 1)
    steps = Steps()
    model = ms.Model(
        net,
        nn.MSELoss(),
        nn.Adam(net.trainable_params(), 0.1),
        metrics={"mae": nn.MAE(), "loss": nn.Loss()},
    )
    before = model.eval(data())
    model.train(2, data(), callbacks=[steps, ms.LossMonitor(2), ms.TimeMonitor()])
    assert steps.seen == ["begin", "1.1", "1.2", "2.3", "2.4", "end"]
    text = capsys.readouterr().out.splitlines()
    assert text[0].startswith("epoch: 1 step: 2, loss is ")
    assert text[1].startswith("Train epoch time: ") and "per step time" in text[1]
    model.train(60, data())
    after = model.eval(data())
    assert after["loss"] < before["loss"] / 10
    assert model.predict(ms.Tensor(X)).shape == (6, 1)
    assert not net.training


def test_checkpoints_are_written_and_old_ones_removed(tmp_path: Any) -> None:
    net = nn.Dense(2, 1)
    model = ms.Model(net, nn.MSELoss(), nn.SGD(net.trainable_params(), 0.01))
    config = ms.CheckpointConfig(save_checkpoint_steps=1, keep_checkpoint_max=2)
    keep = ms.ModelCheckpoint("net", str(tmp_path), config)
    model.train(2, data(), callbacks=keep)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "net-2_1.ckpt",
        "net-2_2.ckpt",
    ]


def test_early_stopping() -> None:
    net = nn.Dense(2, 1)
    model = ms.Model(net, nn.MSELoss(), nn.SGD(net.trainable_params(), 0.0))
    steps = Steps()
    model.train(10, data(), callbacks=[train.EarlyStopping("loss", patience=2), steps])
    assert steps.seen[-2].startswith("3.")


def test_loss_scales() -> None:
    net = nn.Dense(2, 1)
    start = net.weight.asnumpy().copy()
    loss_net = nn.WithLossCell(net, nn.MSELoss())
    manager = nn.DynamicLossScaleUpdateCell(2.0**16, 2, 1)
    step = nn.TrainOneStepWithLossScaleCell(
        loss_net, nn.SGD(net.trainable_params(), 0.1), manager
    )
    _, overflow, scale = step(ms.Tensor(X), ms.Tensor(Y))
    assert not bool(overflow) and float(scale.asnumpy()) == 2.0**16
    moved = net.weight.asnumpy().copy()
    assert (moved != start).any()
    grown = float(step.scale_sense.asnumpy())
    assert grown == 2.0**17
    bad = np.full_like(X, np.inf)
    _, overflow, _ = step(ms.Tensor(bad), ms.Tensor(Y))
    assert bool(overflow) and float(step.scale_sense.asnumpy()) == grown / 2
    np.testing.assert_array_equal(net.weight.asnumpy(), moved)


def test_a_dynamic_scaler_by_hand() -> None:
    scaler = ms.amp.DynamicLossScaler(1024.0, 2, 2)
    x = ms.Tensor([1.0, 2.0], ms.float32)
    np.testing.assert_array_equal(
        scaler.unscale(scaler.scale(x)).asnumpy(), x.asnumpy()
    )
    scaler.adjust(ms.amp.all_finite((x,)))
    scaler.adjust(True)
    assert float(scaler.scale_value.asnumpy()) == 2048.0
    scaler.adjust(False)
    assert float(scaler.scale_value.asnumpy()) == 1024.0


def test_sink_and_accumulation() -> None:
    seen = []
    sink = ms.data_sink(lambda x, y: seen.append(x.shape), data(), sink_size=3)
    sink()
    assert seen == [(3, 2)] * 3


def test_mixed_precision_levels() -> None:
    net = nn.SequentialCell(nn.Dense(2, 2), nn.BatchNorm1d(2), nn.Dense(2, 1))
    out = ms.amp.auto_mixed_precision(net, "O2")(ms.Tensor(X))
    assert out.dtype == ms.float32
    assert net[0](ms.Tensor(X)).dtype == ms.float16
    assert net[1](ms.Tensor(X)).dtype == ms.float16  # computed in float32
    with pytest.raises(ValueError):
        ms.amp.auto_mixed_precision(net, "O7")


# --- metrics --------------------------------------------------------------------------

SCORES = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.2, 0.5, 0.3], [0.4, 0.5, 0.1]])
LABELS = np.array([0, 2, 1, 0])


@pytest.mark.parametrize(
    "metric, expected",
    [
        (nn.Accuracy(), 0.75),
        (nn.Top1CategoricalAccuracy(), 0.75),
        (nn.TopKCategoricalAccuracy(2), 1.0),
        (nn.Precision(), [1.0, 0.5, 1.0]),
        (nn.Recall(), [0.5, 1.0, 1.0]),
        (nn.F1(), [2 / 3, 2 / 3, 1.0]),
        (nn.ConfusionMatrix(3), [[1, 1, 0], [0, 1, 0], [0, 0, 1]]),
    ],
)
def test_metrics_of_classification(metric: Any, expected: Any) -> None:
    metric.clear()
    metric.update(ms.Tensor(SCORES[:2]), ms.Tensor(LABELS[:2]))
    metric.update(ms.Tensor(SCORES[2:]), ms.Tensor(LABELS[2:]))
    np.testing.assert_allclose(metric.eval(), expected, atol=1e-12)


def test_other_metrics() -> None:
    a, b = np.array([[1.0], [2.0]]), np.array([[2.0], [4.0]])
    assert nn.MAE()(a, b) == 1.5 and nn.MSE()(a, b) == 2.5
    with pytest.raises(RuntimeError):
        nn.Accuracy().eval()
    fpr, tpr, _ = train.ROC()(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0, 0, 1, 1]))
    assert train.auc(fpr, tpr) == pytest.approx(0.75)
    assert nn.get_metric_fn("top_5_accuracy").k == 5
    with pytest.raises(KeyError):
        nn.get_metric_fn("nothing")
