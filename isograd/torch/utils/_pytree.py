"""`torch.utils._pytree` over `isograd.base.tree`: None is a leaf, dicts keep order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple


class TreeSpec(NamedTuple):
    """The structure of a tree; a leaf has type None."""

    type: Any
    context: Any
    children_specs: tuple[TreeSpec, ...]

    @property
    def num_leaves(self) -> int:
        if self.type is None:
            return 1
        return sum(c.num_leaves for c in self.children_specs)

    def is_leaf(self) -> bool:
        return self.type is None


class LeafSpec:
    """Makes the structure of a leaf."""

    def __new__(cls) -> TreeSpec:  # type: ignore[misc]  # justified: PyTorch's interface
        return TreeSpec(None, None, ())


_REGISTERED: dict[type, tuple[Any, Any]] = {}


def register_pytree_node(
    cls: type, flatten_fn: Any, unflatten_fn: Any, **_: Any
) -> None:
    _REGISTERED[cls] = (flatten_fn, unflatten_fn)


_register_pytree_node = register_pytree_node


def tree_flatten(tree: Any, is_leaf: Any = None) -> tuple[list[Any], TreeSpec]:
    leaves: list[Any] = []

    def visit(x: Any) -> TreeSpec:
        kind = type(x)
        if is_leaf is not None and is_leaf(x):
            children = None
        elif kind in _REGISTERED:
            parts, context = _REGISTERED[kind][0](x)
            return TreeSpec(kind, context, tuple(map(visit, parts)))
        elif isinstance(x, dict):
            return TreeSpec(kind, list(x), tuple(visit(v) for v in x.values()))
        else:
            children = x if isinstance(x, tuple | list) else None
        if children is None:
            leaves.append(x)
            return LeafSpec()
        return TreeSpec(kind, None, tuple(map(visit, children)))

    return leaves, visit(tree)


def tree_unflatten(leaves: Any, treespec: TreeSpec) -> Any:
    rest = iter(leaves)

    def build(spec: TreeSpec) -> Any:
        if spec.type is None:
            return next(rest)
        parts = [build(c) for c in spec.children_specs]
        if spec.type in _REGISTERED:
            return _REGISTERED[spec.type][1](parts, spec.context)
        if issubclass(spec.type, dict):
            made = dict(zip(spec.context, parts, strict=True))
            return made if spec.type is dict else spec.type(made)
        return spec.type(*parts) if hasattr(spec.type, "_fields") else spec.type(parts)

    return build(treespec)


def tree_map(
    fn: Callable[..., Any], tree: Any, *rests: Any, is_leaf: Any = None
) -> Any:
    leaves, spec = tree_flatten(tree, is_leaf)
    others = [tree_flatten(r, is_leaf)[0] for r in rests]
    return tree_unflatten([fn(*xs) for xs in zip(leaves, *others, strict=True)], spec)


def tree_map_(fn: Callable[..., Any], tree: Any, *rests: Any) -> Any:
    tree_map(fn, tree, *rests)
    return tree


def tree_map_only(kind: Any, fn: Callable[..., Any], tree: Any) -> Any:
    return tree_map(lambda x: fn(x) if isinstance(x, kind) else x, tree)


def tree_leaves(tree: Any, is_leaf: Any = None) -> list[Any]:
    return tree_flatten(tree, is_leaf)[0]


def tree_structure(tree: Any) -> TreeSpec:
    return tree_flatten(tree)[1]


def tree_all(pred: Any, tree: Any) -> bool:
    return all(map(pred, tree_leaves(tree)))


def tree_any(pred: Any, tree: Any) -> bool:
    return any(map(pred, tree_leaves(tree)))
