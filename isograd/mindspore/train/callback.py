"""Callbacks of `Model.train`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable as Fn
from typing import Any

import numpy as np

from isograd.mindspore.tensor import Tensor
from isograd.mindspore.train.serialization import save_checkpoint


class RunContext:
    """What callbacks see: the run's arguments, and a way to stop it."""

    def __init__(self, original_args: Any) -> None:
        self._original_args = original_args
        self._stop_requested = False

    def original_args(self) -> Any:
        return self._original_args

    def request_stop(self) -> None:
        self._stop_requested = True

    def get_stop_requested(self) -> bool:
        return self._stop_requested


class RunArguments(dict[str, Any]):
    """A run's arguments, as attributes."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value


_InternalCallbackParam = RunArguments
_MOMENTS = ("begin", "epoch_begin", "epoch_end", "step_begin", "step_end", "end")


class Callback:
    """Base: methods are called at moments of a run; each does nothing by default.

    `on_train_...` and `on_eval_...` call the older `begin`, `step_end`... unless
    overridden.
    """

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: Any) -> None: ...


def _moment(name: str) -> None:
    def plain(self: Any, run_context: Any) -> None:
        """Called at this moment of a run."""

    setattr(Callback, name, plain)
    for phase in ("train", "eval"):

        def phased(self: Any, run_context: Any, name: str = name) -> None:
            getattr(self, name)(run_context)

        setattr(Callback, f"on_{phase}_{name}", phased)


for _name in _MOMENTS:
    _moment(_name)


def loss_of(outputs: Any) -> float | None:
    """The loss in a step's outputs: the first tensor, averaged."""
    if isinstance(outputs, tuple | list):
        outputs = outputs[0] if outputs else None
    if isinstance(outputs, Tensor):
        return float(np.mean(outputs.asnumpy()))
    return float(outputs) if isinstance(outputs, int | float) else None


class LossMonitor(Callback):
    """Prints the loss every `per_print_times` steps.

    Raises:
        ValueError: if that is no int of at least 0;
        ValueError: so too during the run, for a loss that is not finite.
    """

    def __init__(self, per_print_times: int = 1) -> None:
        if (
            isinstance(per_print_times, bool)
            or not isinstance(per_print_times, int)
            or per_print_times < 0
        ):
            raise ValueError(
                "The argument 'per_print_times' must be int and >= 0, but "
                f"got {per_print_times}"
            )
        self._per_print_times = per_print_times
        self._last_print_time = 0

    def step_end(self, run_context: Any) -> None:
        args = run_context.original_args()
        loss = loss_of(args.net_outputs)
        step = (args.cur_step_num - 1) % args.batch_num + 1
        if loss is not None and not np.isfinite(loss):
            raise ValueError(
                f"In epoch: {args.cur_epoch_num} step: {step}, loss is NAN or INF, "
                "training process cannot continue, terminating training."
            )
        every = self._per_print_times
        if every and args.cur_step_num % every == 0:
            print(
                f"epoch: {args.cur_epoch_num} step: {step}, loss is {loss}", flush=True
            )

    def on_train_epoch_end(self, run_context: Any) -> None:
        args = run_context.original_args()
        results = args.get("eval_results")
        if results:
            print(
                f"Eval result: epoch {args.cur_epoch_num}, metrics: {results}",
                flush=True,
            )


class TimeMonitor(Callback):
    """Prints how long epochs and their steps took."""

    def __init__(self, data_size: int | None = None, data_time: bool = False) -> None:
        self.data_size = data_size
        self.epoch_time = time.time()

    def epoch_begin(self, run_context: Any) -> None:
        self.epoch_time = time.time()

    def epoch_end(self, run_context: Any) -> None:
        args = run_context.original_args()
        spent = (time.time() - self.epoch_time) * 1000
        steps = self.data_size or args.get("batch_num") or 1
        mode = "Train" if args.get("mode", "train") == "train" else "Eval"
        print(
            f"{mode} epoch time: {spent:5.3f} ms, per step time: "
            f"{spent / steps:5.3f} ms",
            flush=True,
        )


class CheckpointConfig:
    """How often checkpoints are written, and how many are kept."""

    def __init__(
        self,
        save_checkpoint_steps: int | None = 1,
        save_checkpoint_seconds: int | None = 0,
        keep_checkpoint_max: int = 5,
        keep_checkpoint_per_n_minutes: int = 0,
        integrated_save: bool = True,
        async_save: bool = False,
        saved_network: Any = None,
        append_info: Any = None,
        enc_key: Any = None,
        enc_mode: str = "AES-GCM",
        exception_save: bool = False,
        crc_check: bool = False,
        remove_redundancy: bool = False,
        format: str = "ckpt",
        **kwargs: Any,
    ) -> None:
        for name, value in (
            ("save_checkpoint_steps", save_checkpoint_steps),
            ("keep_checkpoint_max", keep_checkpoint_max),
        ):
            if value is not None and (
                isinstance(value, bool) or not isinstance(value, int) or value < 0
            ):
                raise ValueError(
                    f"For 'CheckpointConfig', the '{name}' must be int "
                    f"and >= 0, but got {value}."
                )
        self.save_checkpoint_steps = save_checkpoint_steps
        self.save_checkpoint_seconds = save_checkpoint_seconds
        self.keep_checkpoint_max = keep_checkpoint_max
        self.saved_network = saved_network
        self.append_dict = {
            k: v
            for row in append_info or []
            if isinstance(row, dict)
            for k, v in row.items()
        }
        self.format = format


class ModelCheckpoint(Callback):
    """Writes checkpoints `prefix-epoch_step.ckpt` to a directory."""

    def __init__(
        self,
        prefix: Any = "CKP",
        directory: str | None = None,
        config: CheckpointConfig | None = None,
    ) -> None:
        if not callable(prefix) and (not isinstance(prefix, str) or "/" in prefix):
            raise ValueError(
                "For 'ModelCheckpoint', the argument 'prefix' for "
                "checkpoint file name is invalid, it must be callable or "
                f"string that does not contain '/', but got {prefix}."
            )
        self._prefix = prefix
        self._directory = os.path.abspath(directory or ".")
        self._config = config or CheckpointConfig()
        self._last_time = time.time()
        self._files: list[str] = []
        self._last_step = 0
        self._latest_ckpt_file_name = ""

    latest_ckpt_file_name = property(lambda self: self._latest_ckpt_file_name)

    def step_end(self, run_context: Any) -> None:
        args = run_context.original_args()
        every, seconds = (
            self._config.save_checkpoint_steps,
            self._config.save_checkpoint_seconds,
        )
        due = bool(every) and args.cur_step_num >= self._last_step + every
        if not every and seconds:
            due = time.time() - self._last_time >= seconds
        if due:
            self._save(args)

    def end(self, run_context: Any) -> None:
        args = run_context.original_args()
        if args.cur_step_num != self._last_step:
            self._save(args)

    def _save(self, args: Any) -> None:
        prefix = self._prefix(args) if callable(self._prefix) else self._prefix
        step = (args.cur_step_num - 1) % args.batch_num + 1
        path = os.path.join(
            self._directory,
            f"{prefix}-{args.cur_epoch_num}_{step}.{self._config.format}",
        )
        network = self._config.saved_network or args.train_network
        save_checkpoint(network, path, append_dict=self._config.append_dict or None)
        self._latest_ckpt_file_name = path
        self._last_step, self._last_time = args.cur_step_num, time.time()
        if path not in self._files:
            self._files.append(path)
        most = self._config.keep_checkpoint_max
        while most and len(self._files) > most:
            old = self._files.pop(0)
            if os.path.exists(old):
                os.remove(old)


class LambdaCallback(Callback):
    """Functions called at moments of a run."""

    def __init__(self, **functions: Fn[[Any], Any]) -> None:
        for phase in ("train", "eval"):
            for moment in _MOMENTS:
                fn = functions.get(f"on_{phase}_{moment}")
                if fn is not None:
                    setattr(self, f"on_{phase}_{moment}", fn)


class LearningRateScheduler(Callback):
    """Sets the rate of each step to `function(rate, step)`."""

    def __init__(self, learning_rate_function: Fn[[float, int], float]) -> None:
        self.learning_rate_function = learning_rate_function

    def step_end(self, run_context: Any) -> None:
        args = run_context.original_args()
        rate = args.optimizer.learning_rate
        rate.set_data(
            Tensor(
                self.learning_rate_function(float(rate.asnumpy()), args.cur_step_num),
                rate.dtype,
            )
        )


class History(Callback):
    """Keeps what each epoch gave, in `history` and `epoch`."""

    def __init__(self) -> None:
        self.history: dict[str, list[Any]] = {}
        self.epoch: dict[str, list[Any]] = {"epoch": []}

    def begin(self, run_context: Any) -> None:
        self.epoch = {"epoch": []}

    def epoch_end(self, run_context: Any) -> None:
        args = run_context.original_args()
        self.epoch["epoch"].append(args.get("cur_epoch_num", 1))
        logs = {
            "net_output": args.get("net_outputs"),
            **args.get("metrics_values", {}),
            **args.get("eval_results", {}),
        }
        for key, value in logs.items():
            self.history.setdefault(key, []).append(value)


class _Monitored(Callback):
    """What watches a value for progress."""

    def __init__(
        self, monitor: str, mode: str, min_delta: float, patience: int, verbose: bool
    ) -> None:
        if mode not in ("auto", "min", "max"):
            raise ValueError(f"mode should be 'auto', 'min' or 'max', but got {mode}.")
        self.monitor, self.patience, self.verbose = monitor, patience, verbose
        lower = mode == "min" or (mode == "auto" and "acc" not in monitor)
        self.sign, self.min_delta = (-1.0 if lower else 1.0), abs(min_delta)
        self.best, self.wait = -np.inf, 0

    def _improved(self, args: Any) -> bool | None:
        results = {
            "loss": loss_of(args.get("net_outputs")),
            **args.get("eval_results", {}),
        }
        value = results.get(
            "loss"
            if self.monitor == "eval_loss" and "eval_loss" not in results
            else self.monitor
        )
        if value is None:
            return None
        if self.sign * float(value) > self.best + self.min_delta:
            self.best, self.wait = self.sign * float(value), 0
            return True
        self.wait += 1
        return False


class EarlyStopping(_Monitored):
    """Stops a run when a value has not improved for `patience` epochs."""

    def __init__(
        self,
        monitor: str = "eval_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: bool = False,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
    ) -> None:
        super().__init__(monitor, mode, min_delta, patience, verbose)
        if baseline is not None:
            self.best = self.sign * baseline
        self.restore_best_weights = restore_best_weights
        self.weights: Any = None

    def epoch_end(self, run_context: Any) -> None:
        args = run_context.original_args()
        improved = self._improved(args)
        if improved and self.restore_best_weights:
            self.weights = {
                p: p.asnumpy().copy() for p in args.network.get_parameters()
            }
        if improved is False and self.wait >= self.patience:
            run_context.request_stop()
            for p, value in (self.weights or {}).items():
                p.set_data(Tensor(value))
            if self.verbose:
                print(f"Epoch {args.cur_epoch_num}: early stopping")


class ReduceLROnPlateau(_Monitored):
    """Multiplies the rate by `factor` when a value stops improving."""

    def __init__(
        self,
        monitor: str = "eval_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: bool = False,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta, patience, verbose)
        if factor >= 1.0:
            raise ValueError(f"The argument 'factor' must be < 1.0, but got {factor}.")
        self.factor, self.cooldown, self.min_lr = factor, cooldown, min_lr
        self.resting = 0

    def epoch_end(self, run_context: Any) -> None:
        args = run_context.original_args()
        improved = self._improved(args)
        if self.resting:
            self.resting, self.wait = self.resting - 1, 0
        if improved is False and self.wait >= self.patience and not self.resting:
            rate = args.optimizer.learning_rate
            new = max(float(rate.asnumpy()) * self.factor, self.min_lr)
            lower = new < float(rate.asnumpy())
            rate.set_data(Tensor(new, rate.dtype))
            self.resting, self.wait = self.cooldown, 0
            if self.verbose and lower:
                print(f"Epoch {args.cur_epoch_num}: reducing learning rate to {new}.")


class SummaryCollector(Callback):
    """Collecting for a viewer that is not there: nothing is written."""

    def __init__(self, summary_dir: str = "", *args: Any, **kwargs: Any) -> None:
        self.summary_dir = summary_dir


__path__: list[str] = []  # MindSpore has modules below
