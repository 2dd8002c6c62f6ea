"""`SequentialCell`, `CellList`, `CellDict`."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Any

from isograd.mindspore.nn.cell import Cell


def _check_cell(x: Any, owner: str) -> None:
    if not isinstance(x, Cell):
        raise TypeError(
            f"For '{owner}', each cell must be subclass of Cell, but got "
            f"{type(x).__name__}."
        )


def _check_index(owner: str, index: Any, count: int) -> int:
    if not isinstance(index, int) or isinstance(index, bool):
        raise TypeError(
            f"For '{owner}', the type of 'index' must be int, but got "
            f"{type(index).__name__}."
        )
    if not -count <= index < count:
        raise IndexError(
            f"For '{owner}', the value of 'index' must be a number in "
            f"range [{-count}, {count}), but got {index}."
        )
    return index % count


class _Row(Cell):
    """Cells by position, named by their numbers."""

    def _fill(self, cells: Iterable[Cell]) -> None:
        self._cells = OrderedDict()
        for i, cell in enumerate(cells):
            if not isinstance(cell, Cell):
                self.insert_child_to_cell(str(i), cell)  # tells what is wrong
            self._cells[str(i)] = cell
            if self._auto_prefix:
                cell.update_parameters_name(f"{i}.")

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "_cells":
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    def __getitem__(self, index: Any) -> Any:
        cells = list(self._cells.values())
        if isinstance(index, slice):
            return (
                type(self)(cells[index])
                if isinstance(self, CellList)
                else (type(self)(*cells[index]))
            )
        return cells[_check_index(type(self).__name__, index, len(cells))]

    def __setitem__(self, index: int, cell: Cell) -> None:
        _check_cell(cell, type(self).__name__)
        i = _check_index(type(self).__name__, index, len(self))
        key = list(self._cells)[i]
        self._cells[key] = cell
        if self._auto_prefix:
            cell.update_parameters_name(f"{key}.")

    def __delitem__(self, index: Any) -> None:
        cells = list(self._cells.values())
        if not isinstance(index, slice):
            index = _check_index(type(self).__name__, index, len(cells))
        del cells[index]
        self._fill(cells)

    def __len__(self) -> int:
        return len(self._cells)

    def __iter__(self) -> Iterator[Cell]:
        return iter(list(self._cells.values()))

    def append(self, cell: Cell) -> None:
        _check_cell(cell, type(self).__name__)
        key = str(len(self._cells))
        self._cells[key] = cell
        if self._auto_prefix:
            cell.update_parameters_name(f"{key}.")

    def extend(self, cells: Iterable[Cell]) -> Any:
        if not isinstance(cells, Iterable):
            raise TypeError(
                f"For '{type(self).__name__}', the new cells wanting to "
                f"append must be a list, but got {type(cells).__name__}."
            )
        for cell in cells:
            self.append(cell)
        return self

    def set_grad(self, requires_grad: bool = True) -> Any:
        for cell in self:
            cell.set_grad(requires_grad)
        return super().set_grad(requires_grad)


class SequentialCell(_Row):
    """Cells applied one after another.

    Args:
        args: cells; or one list of them, or one OrderedDict of named ones.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], list | tuple):
            self._fill(args[0])
        elif len(args) == 1 and isinstance(args[0], dict):
            for name, cell in args[0].items():
                self.insert_child_to_cell(name, cell)
                cell.update_parameters_name(name + ".")
        elif len(args) == 1 and not isinstance(args[0], Cell):
            raise TypeError(
                "For 'SequentialCell', the 'args[0]' must be Cell, list or "
                f"orderedDict, but got {type(args[0]).__name__}"
            )
        else:
            self._fill(args)

    def construct(self, input_data: Any) -> Any:
        for cell in self._cells.values():
            input_data = cell(input_data)
        return input_data


class CellList(_Row):
    """A list of cells; it computes nothing itself.

    Args:
        args: one list of cells, or the cells.
        auto_prefix: whether parameters are named by position.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(kwargs.get("auto_prefix", True))
        if len(args) == 1 and isinstance(args[0], list | tuple | CellList):
            self._fill(args[0])
        else:
            self._fill(args)

    def insert(self, index: int, cell: Cell) -> None:
        _check_cell(cell, type(self).__name__)
        cells = list(self._cells.values())
        cells.insert(index, cell)
        self._fill(cells)

    def __add__(self, other: Iterable[Cell]) -> CellList:
        return CellList([*self, *other])

    def __iadd__(self, other: Iterable[Cell]) -> CellList:
        return self.extend(other)

    def construct(self, *inputs: Any) -> Any:
        raise NotImplementedError


class CellDict(Cell):
    """Cells by name.

    Args:
        args: a dict of cells, a CellDict, or pairs.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(kwargs.get("auto_prefix", True))
        if args:
            self.update(args[0])

    def __getitem__(self, key: str) -> Cell:
        return self._cells[key]

    def __setitem__(self, key: str, cell: Cell) -> None:
        if (
            not isinstance(key, str)
            or not key
            or "." in key
            or hasattr(type(self), key)
        ):
            raise KeyError(f"For 'CellDict', the key {key!r} is not a valid name.")
        _check_cell(cell, "CellDict")
        self._cells[key] = cell
        if self._auto_prefix:
            cell.update_parameters_name(key + ".")

    def __delitem__(self, key: str) -> None:
        del self._cells[key]

    def __len__(self) -> int:
        return len(self._cells)

    def __iter__(self) -> Iterator[str]:
        return iter(self._cells)

    def __contains__(self, key: object) -> bool:
        return key in self._cells

    def keys(self) -> Any:
        return self._cells.keys()

    def values(self) -> Any:
        return self._cells.values()

    def items(self) -> Any:
        return self._cells.items()

    def pop(self, key: str) -> Cell:
        return self._cells.pop(key)

    def clear(self) -> None:
        self._cells.clear()

    def update(self, cells: Any) -> None:
        pairs = cells.items() if isinstance(cells, dict | CellDict) else cells
        for key, cell in pairs:
            self[key] = cell

    def construct(self, *inputs: Any) -> Any:
        raise NotImplementedError
