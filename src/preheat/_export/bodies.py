"""The body of a function, run on values that may be expressions: what it returns is one, too."""

import ast
import builtins
import operator
from collections.abc import Callable
from typing import Any, NoReturn

from preheat._export.sequences import Sequence
from preheat._export.sources import ExportError
from preheat._export.values import Column, Expression, is_number
from preheat._fields import require
from preheat._plan import Formula

__all__ = ["Body", "chosen", "holds_formulas", "is_open"]

Names = dict[str, Any]

_BINARY: dict[type[ast.operator], tuple[str, Callable[..., Any]]] = {
    ast.Add: ("add", operator.add), ast.Sub: ("sub", operator.sub), ast.Mult: ("mul", operator.mul),
    ast.Div: ("div", operator.truediv), ast.FloorDiv: ("floordiv", operator.floordiv), ast.Mod: ("mod", operator.mod),
    ast.Pow: ("pow", operator.pow), ast.BitAnd: ("and", operator.and_), ast.BitXor: ("xor", operator.xor),
    ast.RShift: ("shr", operator.rshift), ast.LShift: ("shl", operator.lshift),
}  # fmt: skip
_COMPARED: dict[type[ast.cmpop], tuple[str, Callable[..., Any]]] = {
    ast.Lt: ("lt", operator.lt), ast.LtE: ("le", operator.le), ast.Gt: ("gt", operator.gt),
    ast.GtE: ("ge", operator.ge), ast.Eq: ("eq", operator.eq), ast.NotEq: ("ne", operator.ne),
}  # fmt: skip


def chosen(condition: Any, yes: Any, no: Any) -> Any:
    """One of two."""
    return yes if condition else no


class Body:
    """The statements of one function, run on values."""

    def __init__(self, reader: Any, around: Names, names: Names) -> None:
        self.reader = reader
        self.around = around
        self.names = names
        self.line = 0

    def run(self, statements: list[ast.stmt]) -> Any:
        """What the statements return."""
        for at, statement in enumerate(statements):
            self.line = statement.lineno
            if isinstance(statement, ast.Return) and statement.value is not None:
                return self.value(statement.value)
            if isinstance(statement, ast.If):
                return self._branch(statement, statements[at + 1 :])
            if isinstance(statement, ast.For):
                return self.run([*self._unrolled(statement), *statements[at + 1 :]])
            self._do(statement)
        return None

    def _do(self, statement: ast.stmt) -> None:
        if isinstance(statement, ast.Assign):
            value = self.value(statement.value)
            for target in statement.targets:
                self._assign(target, value)
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            self._assign(statement.target, self.value(statement.value))
        elif isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
            op, scalar = self._binary(statement.op)
            old = self.names[statement.target.id]
            self._assign(statement.target, self.reader.algebra.combine(op, scalar, old, self.value(statement.value)))
        elif isinstance(statement, ast.Expr):
            self.value(statement.value)
        elif not isinstance(statement, ast.Pass):
            self._refuse(statement)

    def _assign(self, target: ast.expr, value: Any) -> None:
        if isinstance(target, ast.Tuple) and isinstance(value, tuple):
            for inner, one in zip(target.elts, value, strict=True):
                self._assign(inner, one)
        elif isinstance(target, ast.Name):
            self.names[target.id] = value
            self.reader.algebra.call_it(value, target.id)
        else:
            self._refuse(target)

    def _branch(self, statement: ast.If, after: list[ast.stmt]) -> Any:
        """Both ways to the end of the function, where only the step decides between them."""
        test = self.reader.truth(self.value(statement.test))
        if not isinstance(test, Expression):
            return self.run([*(statement.body if test else statement.orelse), *after])
        ways = []
        for body in (statement.body, statement.orelse):
            way = Body(self.reader, self.around, dict(self.names))
            way.line = self.line
            ways.append(way.run([*body, *after]))
        return self.reader.algebra.combine("where", chosen, test, *ways)

    def _unrolled(self, statement: ast.For) -> list[ast.stmt]:
        """The body once for each constant, with an assignment before it."""
        over = self.value(statement.iter)
        if isinstance(over, Expression | Column | Formula | Sequence) or statement.orelse:
            self._refuse(statement)
        unrolled: list[ast.stmt] = []
        for one in over:
            held = f".{len(self.names)}"
            self.names[held] = one
            given = ast.Assign([statement.target], ast.Name(held, ast.Load()))
            unrolled += [ast.copy_location(given, statement), *statement.body]
        return unrolled

    def value(self, node: ast.expr) -> Any:
        """What an expression comes to."""
        loaded = [inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)]
        if not any(is_open(self.names[name]) for name in loaded if name in self.names):
            return self._worked_out(node)
        made = _READ.get(type(node))
        return made(self, node) if made else self._refuse(node)

    def _worked_out(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Name):
            return self._looked_up(node)
        if isinstance(node, ast.Call) and self.value(node.func) is require:
            return None
        code = compile(ast.fix_missing_locations(ast.Expression(node)), "<formula>", "eval")
        return eval(code, {**self.around, **self.names})  # noqa: S307  # the plan's own formula, which runs anyway

    def _looked_up(self, node: ast.Name) -> Any:
        return next(names[node.id] for names in (self.names, self.around, vars(builtins)) if node.id in names)

    def _binary(self, op: ast.operator) -> tuple[str, Callable[..., Any]]:
        return _BINARY[type(op)] if type(op) in _BINARY else self._refuse(op)

    def _arithmetic(self, node: ast.BinOp) -> Any:
        return self.reader.algebra.combine(*self._binary(node.op), self.value(node.left), self.value(node.right))

    def _unary(self, node: ast.UnaryOp) -> Any:
        value = self.value(node.operand)
        if isinstance(node.op, ast.Not):
            return self.reader.algebra.combine("not", operator.not_, value)
        if isinstance(node.op, ast.USub):
            return self.reader.algebra.combine("neg", operator.neg, value)
        return value if isinstance(node.op, ast.UAdd) else self._refuse(node)

    def _comparison(self, node: ast.Compare) -> Any:
        values = [self.value(part) for part in (node.left, *node.comparators)]
        compared = [self._compared(op, values[at], values[at + 1]) for at, op in enumerate(node.ops)]
        whole = compared[0]
        for truth in compared[1:]:
            whole = self.reader.algebra.combine("both", operator.and_, whole, truth)
        return whole

    def _compared(self, op: ast.cmpop, a: Any, b: Any) -> Any:
        if isinstance(op, ast.Is | ast.IsNot):
            return (a is b) is isinstance(op, ast.Is)
        name, scalar = _COMPARED[type(op)] if type(op) in _COMPARED else self._refuse(op)
        return self.reader.algebra.compare(name, a, b, scalar)

    def _either(self, node: ast.BoolOp) -> Any:
        op, scalar = ("both", operator.and_) if isinstance(node.op, ast.And) else ("any", operator.or_)
        whole = self.value(node.values[0])
        for part in node.values[1:]:
            if not isinstance(whole, Expression | Column) and bool(whole) is (op == "any"):
                return whole
            whole = self.reader.algebra.combine(op, scalar, whole, self.value(part))
        return whole

    def _conditional(self, node: ast.IfExp) -> Any:
        test = self.reader.truth(self.value(node.test))
        if not isinstance(test, Expression):
            return self.value(node.body if test else node.orelse)
        return self.reader.algebra.combine("where", chosen, test, self.value(node.body), self.value(node.orelse))

    def _called(self, node: ast.Call) -> Any:
        function = self.value(node.func)
        if function is require:
            return None
        if any(isinstance(arg, ast.Starred) for arg in node.args) or any(k.arg is None for k in node.keywords):
            self._refuse(node)
        options = {keyword.arg: self.value(keyword.value) for keyword in node.keywords if keyword.arg}
        return self.reader.call(function, tuple(map(self.value, node.args)), options)

    def _row(self, node: ast.Tuple | ast.List) -> tuple[Any, ...]:
        return tuple(map(self.value, node.elts))

    def _comprehended(self, node: ast.GeneratorExp | ast.ListComp) -> tuple[Any, ...]:
        """One value for each constant."""
        (over, *further) = node.generators
        if further or over.ifs:
            self._refuse(node)
        values = []
        for one in self.value(over.iter):
            inner = Body(self.reader, self.around, dict(self.names))
            inner._assign(over.target, one)
            values.append(inner.value(node.elt))
        return tuple(values)

    def _refuse(self, node: ast.AST) -> NoReturn:
        raise ExportError(f"{ast.unparse(node)!r:.80} cannot be written out")


def is_open(value: Any) -> bool:
    """Whether it depends on the step or on the row, or is a formula that may."""
    return isinstance(value, Expression | Column) or holds_formulas(value)


def holds_formulas(value: Any) -> bool:
    """Whether it is a formula, or several."""
    if isinstance(value, tuple | list):
        return any(map(is_open, value[:3])) if value and not is_number(value[0]) else False
    return isinstance(value, Formula | Sequence)


_READ: dict[type[ast.expr], Callable[..., Any]] = {
    ast.Name: Body._looked_up, ast.BinOp: Body._arithmetic, ast.UnaryOp: Body._unary, ast.Compare: Body._comparison,
    ast.BoolOp: Body._either, ast.IfExp: Body._conditional, ast.Call: Body._called, ast.Tuple: Body._row,
    ast.List: Body._row, ast.GeneratorExp: Body._comprehended, ast.ListComp: Body._comprehended,
}  # fmt: skip
