"""Small changes to a module's code, one at a time: what a test suite has to notice.

Comparisons shifted or negated, `and` and `or` exchanged, conditions negated, numbers off by one,
plus and minus exchanged, statements dropped. Assertions, annotations and texts are left alone.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

__all__ = ["Mutation", "mutations"]

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
}
_NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True)
class Mutation:
    """One change: the module's new source, and where and what it is."""

    line: int
    what: str
    source: str


def mutations(source: str) -> Iterator[Mutation]:
    """All changes of a module, in the order of its lines."""
    tree = ast.parse(source)
    for number, node in enumerate(_candidates(tree)):
        for change, what in _changes(node):
            mutated = copy.deepcopy(tree)
            twin = list(_candidates(mutated))[number]
            before = _text(twin)
            change(twin)
            after = _text(twin)
            line = getattr(node, "lineno", 0)
            text = ast.unparse(ast.fix_missing_locations(mutated))
            yield Mutation(line, f"{what}: {before} -> {after}", text)


def _text(node: ast.AST) -> str:
    return ast.unparse(node).splitlines()[0]


def _candidates(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node that may be changed; those within what is left alone are not visited."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.Assert | ast.Import | ast.ImportFrom | ast.Raise):
            continue
        if isinstance(child, ast.Assign) and _is_dunder(child.targets[0]):
            continue
        yield child
        if isinstance(child, ast.AnnAssign):
            if child.value is not None:
                yield child.value
                yield from _candidates(child.value)
        elif isinstance(child, ast.FunctionDef | ast.ClassDef):  # not what decorates it
            for statement in child.body:
                yield statement
                yield from _candidates(statement)
        else:
            yield from _candidates(child)


def _is_dunder(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) and target.id.startswith("__")


Change = Callable[[ast.AST], None]


def _changes(node: ast.AST) -> Iterator[tuple[Change, str]]:
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            for other in _COMPARISONS[type(operator)]:
                yield _set_item("ops", place, other()), "comparison"
    elif isinstance(node, ast.BoolOp):
        yield _set("op", ast.Or() if isinstance(node.op, ast.And) else ast.And()), "and/or"
    elif isinstance(node, ast.If | ast.While | ast.IfExp):
        yield _negate, "condition negated"
    elif isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in _ARITHMETIC:
        yield _set("op", _ARITHMETIC[type(node.op)]()), "arithmetic"
    elif isinstance(node, ast.Constant):
        yield from _constants(node)
    elif isinstance(node, ast.Name) and node.id in _NAMES:
        yield _set("id", _NAMES[node.id]), "function"
    if _is_droppable(node):
        yield _drop, "dropped"


def _constants(node: ast.Constant) -> Iterator[tuple[Change, str]]:
    if isinstance(node.value, bool):
        yield _set("value", not node.value), "constant"
    elif isinstance(node.value, int):
        yield _set("value", node.value + 1), "constant"


def _is_droppable(node: ast.AST) -> bool:
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Call)
    if isinstance(node, ast.Assign):
        return isinstance(node.targets[0], ast.Attribute | ast.Subscript)
    if isinstance(node, ast.AugAssign | ast.Delete):
        return True
    return isinstance(node, ast.Return | ast.Continue | ast.Break)


def _set(field: str, value: object) -> Change:
    return lambda node: setattr(node, field, value)


def _set_item(field: str, place: int, value: object) -> Change:
    return lambda node: getattr(node, field).__setitem__(place, value)


def _negate(node: ast.AST) -> None:
    assert isinstance(node, ast.If | ast.While | ast.IfExp)
    node.test = ast.UnaryOp(ast.Not(), node.test)


def _drop(node: ast.AST) -> None:
    node.__class__ = ast.Pass
    node._fields = ()
