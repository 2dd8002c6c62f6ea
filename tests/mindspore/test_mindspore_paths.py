"""MindSpore's module paths: names under them, and the errors for what is missing."""

from __future__ import annotations

from importlib import import_module

import pytest

import isograd.mindspore as ms
from isograd.base.missing import MissingImport, MissingName
from isograd.base.paths import recorded
from isograd.mindspore import nn, ops


@pytest.mark.parametrize("path", sorted(recorded("mindspore_modules")))
def test_every_recorded_path_is_importable(path: str) -> None:
    assert import_module(f"isograd.{path}") is not None


def test_names_come_from_the_modules_above() -> None:
    assert import_module("isograd.mindspore.nn.layer.basic").Dense is nn.Dense
    found = import_module("isograd.mindspore.ops.operations.math_ops")
    assert found.MatMul is ops.MatMul
    assert "Softmax" in found.__all__


def test_a_module_with_the_name_of_a_function_stays_callable() -> None:
    import_module("isograd.mindspore.common.mutable")
    assert import_module("isograd.mindspore.common").mutable(3) == 3


def test_missing_names_are_told_with_their_path() -> None:
    module = import_module("isograd.mindspore.ops.operations._grad_ops")
    with pytest.raises(MissingName, match=r"mindspore\.ops\.operations\._grad_ops\.No"):
        _ = module.NoSuchGrad
    with pytest.raises(MissingImport, match="NoSuchGrad"):
        from isograd.mindspore.ops.operations._grad_ops import NoSuchGrad  # noqa: F401
    with pytest.raises(ModuleNotFoundError):
        import_module("isograd.mindspore.nn.nonsense")
    assert ms.ops.operations.array_ops.Reshape is ops.Reshape
