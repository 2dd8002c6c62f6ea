"""`Model`: training, evaluation and prediction over datasets."""

from __future__ import annotations

from typing import Any

from isograd.mindspore.nn import wrap
from isograd.mindspore.nn.cell import Cell
from isograd.mindspore.train import amp
from isograd.mindspore.train.callback import Callback, RunArguments, RunContext
from isograd.mindspore.train.metrics import Loss, get_metrics


class Model:
    """A network with its loss, optimizer and metrics.

    Args:
        network: gives the prediction, or the loss where `loss_fn` is None.
        metrics: names, or a dict of metrics by name.
        amp_level: see `auto_mixed_precision`.

    Raises:
        ValueError, TypeError: if the parts do not fit each other.
    """

    def __init__(
        self,
        network: Any,
        loss_fn: Any = None,
        optimizer: Any = None,
        metrics: Any = None,
        eval_network: Any = None,
        eval_indexes: Any = None,
        amp_level: str = "O0",
        boost_level: str = "O0",
        **kwargs: Any,
    ) -> None:
        if not isinstance(network, Cell):
            raise TypeError(
                "The type of 'network' should be 'Cell', but got type "
                f"'{type(network).__name__}'."
            )
        self._network, self._loss_fn, self._optimizer = network, loss_fn, optimizer
        self._metric_fns = get_metrics(metrics)
        self._amp_level = amp_level
        self._loss_scale_manager = kwargs.get("loss_scale_manager")
        self._eval_network = eval_network or (
            wrap.WithEvalCell(network, loss_fn) if loss_fn is not None else None
        )
        self._eval_indexes = eval_indexes or [0, 1, 2]
        self._train_network = self._build() if optimizer or loss_fn else network

    def _build(self) -> Any:
        if self._optimizer is not None:
            return amp.build_train_network(
                self._network,
                self._optimizer,
                self._loss_fn,
                level=self._amp_level,
                loss_scale_manager=self._loss_scale_manager,
            )
        return wrap.WithLossCell(self._network, self._loss_fn)

    train_network = property(lambda self: self._train_network)
    predict_network = property(lambda self: self._network)
    eval_network = property(lambda self: self._eval_network)

    # --- training ---------------------------------------------------------------------

    def train(
        self,
        epoch: int,
        train_dataset: Any,
        callbacks: Any = None,
        dataset_sink_mode: bool = False,
        sink_size: int = -1,
        initial_epoch: int = 0,
        valid_dataset: Any = None,
        valid_frequency: int = 1,
        valid_dataset_sink_mode: bool = False,
    ) -> None:
        """Run through the dataset `epoch` times.

        Raises:
            TypeError, ValueError: for an epoch that is no positive int.
        """
        if isinstance(epoch, bool) or not isinstance(epoch, int):
            raise TypeError(
                f"The input value must be int, but got '{type(epoch).__name__}'"
            )
        if epoch <= 0:
            raise ValueError(
                "The input value must be int and must > 0, but got "
                f"'{epoch}' with type 'int'."
            )
        args = self._arguments(train_dataset, callbacks, "train", epoch)
        context = RunContext(args)
        calls = args.list_callback
        self._train_network.set_train(True)
        _tell(calls, "on_train_begin", context)
        for e in range(initial_epoch, epoch):
            args.cur_epoch_num = e + 1
            self._epoch(train_dataset, args, context, calls)
            self._validated(e, valid_dataset, valid_frequency, args)
            _tell(calls, "on_train_epoch_end", context)
            if context.get_stop_requested():
                break
        _tell(calls, "on_train_end", context)

    def _epoch(self, dataset: Any, args: Any, context: Any, calls: Any) -> None:
        _tell(calls, "on_train_epoch_begin", context)
        for row in dataset.create_dict_iterator(num_epochs=1):
            inputs = tuple(row.values())
            args.cur_step_num += 1
            args.train_dataset_element = inputs
            _tell(calls, "on_train_step_begin", context)
            args.net_outputs = self._train_network(*inputs)
            _tell(calls, "on_train_step_end", context)
            if context.get_stop_requested():
                break
        dataset.reset()

    def _validated(self, e: int, dataset: Any, frequency: Any, args: Any) -> None:
        due = (
            (e + 1) % frequency == 0
            if isinstance(frequency, int)
            else (e + 1 in frequency)
        )
        if dataset is not None and due:
            args.eval_results = self.eval(dataset)
            self._train_network.set_train(True)

    def fit(
        self,
        epoch: int,
        train_dataset: Any,
        valid_dataset: Any = None,
        valid_frequency: int = 1,
        callbacks: Any = None,
        dataset_sink_mode: bool = False,
        valid_dataset_sink_mode: bool = False,
        sink_size: int = -1,
        initial_epoch: int = 0,
    ) -> None:
        """`train` with an evaluation every `valid_frequency` epochs."""
        self.train(
            epoch,
            train_dataset,
            callbacks,
            dataset_sink_mode,
            sink_size,
            initial_epoch,
            valid_dataset,
            valid_frequency,
        )

    def _arguments(self, dataset: Any, callbacks: Any, mode: str, epochs: int) -> Any:
        calls = (
            []
            if callbacks is None
            else (
                list(callbacks) if isinstance(callbacks, list | tuple) else [callbacks]
            )
        )
        if not all(isinstance(c, Callback) for c in calls):
            raise TypeError(
                "When the 'callbacks' is a list, the elements in 'callbacks' must be "
                "Callback functions."
            )
        return RunArguments(
            train_network=self._train_network,
            network=self._network,
            mode=mode,
            optimizer=self._optimizer or getattr(self._network, "optimizer", None),
            loss_fn=self._loss_fn,
            metrics=self._metric_fns,
            epoch_num=epochs,
            batch_num=dataset.get_dataset_size(),
            list_callback=calls,
            cur_step_num=0,
            cur_epoch_num=1,
            train_dataset=dataset,
            valid_dataset=None,
            eval_network=self._eval_network,
            parallel_mode="stand_alone",
            device_number=1,
            dataset_sink_mode=False,
            net_outputs=None,
            eval_results={},
        )

    # --- evaluation -------------------------------------------------------------------

    def eval(
        self, valid_dataset: Any, callbacks: Any = None, dataset_sink_mode: bool = False
    ) -> dict[str, Any]:
        """The metrics over a dataset.

        Raises:
            ValueError: if there are no metrics, or nothing to evaluate.
        """
        if not self._metric_fns:
            raise ValueError(
                "For Model.eval, the model argument 'metrics' can not be "
                "None or empty, you should set the argument 'metrics' for "
                "model."
            )
        if self._eval_network is None:
            raise ValueError(
                "For Model.eval, the argument 'loss_fn' or 'eval_network' must be set."
            )
        args = self._arguments(valid_dataset, callbacks, "eval", 1)
        context = RunContext(args)
        for metric in self._metric_fns.values():
            metric.clear()
        self._eval_network.set_train(False)
        self._network.set_train(False)
        _tell(args.list_callback, "on_eval_begin", context)
        for row in valid_dataset.create_dict_iterator(num_epochs=1):
            args.cur_step_num += 1
            _tell(args.list_callback, "on_eval_step_begin", context)
            args.net_outputs = self._eval_network(*row.values())
            _tell(args.list_callback, "on_eval_step_end", context)
            self._count(args.net_outputs)
        valid_dataset.reset()
        found = {name: m.eval() for name, m in self._metric_fns.items()}
        args.metrics = args.eval_results = found
        _tell(args.list_callback, "on_eval_end", context)
        return found

    def _count(self, outputs: Any) -> None:
        outs = outputs if isinstance(outputs, tuple | list) else (outputs,)
        loss, predicted, truth = self._eval_indexes
        for metric in self._metric_fns.values():
            if metric.indexes is not None:
                metric.update(*outs)
            elif isinstance(metric, Loss):
                if loss >= 0:
                    metric.update(outs[loss])
            else:
                metric.update(outs[predicted], outs[truth])

    def predict(self, *predict_data: Any, **kwargs: Any) -> Any:
        """The network's output for inputs."""
        self._network.set_train(False)
        return self._network(*predict_data)

    def build(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: there is no graph to compile beforehand."""

    infer_predict_layout = infer_train_layout = build


def _tell(calls: Any, moment: str, context: Any) -> None:
    for c in calls:
        getattr(c, moment)(context)


__all__ = ["Model"]
