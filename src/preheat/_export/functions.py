"""Branches as the body of a function: flat `if` and `return` for numbers, a choice between values for arrays."""

from collections.abc import Iterator
from typing import Any

from preheat._export.branches import Branches, Leaf, Node, Rows
from preheat._export.constants import Constants
from preheat._export.dialects import Dialect
from preheat._export.statements import WIDTH, Statements, columns_in, reads
from preheat._export.values import Expression

__all__ = ["ArrayBody", "ScalarBody", "all_values"]

Names = dict[int, str]


class Body(Statements):
    """The body of a function, whose tables become constants of the module."""

    searched = "bisect_right({starts}, {index}) - 1"
    unpacked = "{names} = {rows}[{k}]"

    def __init__(self, dialect: Dialect, hints: Names, taken: set[str], constants: Constants, *, single: bool) -> None:
        super().__init__(dialect, hints, taken, single=single)
        self.constants = constants

    def _row(self, rows: Rows, names: Names, indent: int) -> tuple[str, Names]:
        """Look up the row: the name of its kind, and names for its columns."""
        used = [[column for column in _columns(node) if column.args[0].owner is rows.owner] for node in rows.inside]
        places = self._places(used)
        width = 1 + max((place for inside in places for place in inside), default=0)
        table = [self._numbers(rows, used, places, k, width) for k in range(len(rows.kinds))]
        starts = self.constants.name_of("STARTS", rows.starts)
        place = self.name_for("k", "int", names)
        self._kinds[place] = "place"  # one of its own for each search
        index = self.fit(rows.by, names, indent, len(self.searched) + len(starts))
        self.line(indent, self.assign.format(name=place, text=self.searched.format(starts=starts, index=index)))
        given = self._unpack(self._given(used, places, width, names), table, place, indent)
        known = dict(names)
        for columns, inside in zip(used, places, strict=True):
            known |= {column.number: given[at] for column, at in zip(columns, inside, strict=True)}
        return given[0], known

    def _places(self, used: list[list[Expression]]) -> list[list[int]]:
        """Where in a row the columns of each kind are: after the kind itself, the same places for all kinds."""
        return [[at + 1 for at in range(len(columns))] for columns in used]

    def _given(self, used: list[list[Expression]], places: list[list[int]], width: int, names: Names) -> list[str]:
        hints: list[set[str]] = [{"kind"}, *(set() for _ in range(width - 1))]
        for columns, inside in zip(used, places, strict=True):
            for column, at in zip(columns, inside, strict=True):
                hints[at].add(column.args[0].name)
        given = []
        for wanted in hints:
            name = self.name_for((wanted.pop() if len(wanted) == 1 else "") or "a", "float", names)
            self._kinds[name] = "row"
            given.append(name)
        return given

    def _numbers(
        self, rows: Rows, used: list[list[Expression]], places: list[list[int]], k: int, width: int
    ) -> tuple[float, ...]:
        kind = rows.kinds[k]
        row: list[float] = [kind, *[0.0] * (width - 1)]
        for column, at in zip(used[kind], places[kind], strict=True):
            row[at] = column.args[0].values[rows.places[kind][k]]
        return tuple(row)

    def _unpack(self, given: list[str], table: list[tuple[float, ...]], place: str, indent: int) -> list[str]:
        """Name the numbers of the row; returns what each is written as, its kind first."""
        first = int(all(row[0] == 0 for row in table))  # one kind needs no name
        wanted, rows = given[first:], [row[first:] for row in table]
        if len(wanted) == 1:
            name = self.constants.name_of("ROWS", tuple(row[0] for row in rows))
            return [*given[:first], f"{name}[{place}]"]
        name = self.constants.name_of("ROWS", tuple(rows))
        line = self.unpacked.format(names=", ".join(wanted), rows=name, k=place)
        if 4 * indent + len(line) <= WIDTH:
            self.line(indent, line)
            return given
        row = self.name_for("row", "row", {})
        self._kinds[row] = "row"
        self.line(indent, self.unpacked.format(names=row, rows=name, k=place).replace(f"[{row}]", row))
        return [*given[:first], *(f"{row}[{at}]" for at in range(len(wanted)))]


class ScalarBody(Body):
    """For one number."""

    integral = False  # whether it returns whole numbers
    opened, closed, returned = "if {condition}:", "", "return {text}"

    def write(self, node: Node, names: Names, indent: int = 1) -> None:
        """The statements that return the value."""
        if isinstance(node, Leaf):
            self._leaf(node.value, names, indent)
        elif isinstance(node, Branches):
            self._branches(node, names, indent)
        else:
            kind, known = self._row(node, names, indent)
            for at, inside in enumerate(node.inside):
                if at + 1 < len(node.inside):
                    self._open(f"{kind} == {at}", indent)
                    self.write(inside, dict(known), indent + 1)
                    self._close(indent)
                else:
                    self.write(inside, dict(known), indent)

    def _leaf(self, value: Any, names: Names, indent: int) -> None:
        self.prepare(value, names, indent)
        whole = self.returned.format(text=self._float(value, names))
        chooses = isinstance(value, Expression) and value.op == "where" and value.number not in names
        if chooses and 4 * indent + len(whole) > WIDTH:
            condition, yes, no = value.args
            self._open(self.fit(condition, names, indent, 4), indent)
            self._leaf(yes, dict(names), indent + 1)
            self._close(indent)
            self._leaf(no, names, indent)
            return
        if isinstance(value, Expression):
            self.fit(value, names, indent, len(self.returned.format(text="")))
        self.line(indent, self.returned.format(text=self._float(value, names)))

    def _float(self, value: Any, names: Names) -> str:
        return self.text(value, names) if isinstance(value, Expression) or self.integral else repr(float(value))

    def _branches(self, node: Branches, names: Names, indent: int) -> None:
        if node.by.number not in names and node.by.op != "name":
            self.give(node.by, names, indent)
        for bound, inside in zip(node.bounds, node.inside, strict=False):
            self._open(f"{self.text(node.by, names)} < {self.dialect.number(bound)[0]}", indent)
            self.write(inside, dict(names), indent + 1)
            self._close(indent)
        self.write(node.inside[-1], names, indent)

    def _open(self, condition: str, indent: int) -> None:
        self.line(indent, self.opened.format(condition=condition))

    def _close(self, indent: int) -> None:
        if self.closed:
            self.line(indent, self.closed)


class ArrayBody(Body):
    """For arrays: every branch is worked out, each reading its index clipped to its own updates."""

    def __init__(self, prefix: str, *given: Any) -> None:
        super().__init__(*given, single=True)
        self.prefix = prefix

    def _places(self, used: list[list[Expression]]) -> list[list[int]]:
        """Places of their own: every kind is worked out for every row, and reads one of its own."""
        first = 1
        places = []
        for columns in used:
            places.append(list(range(first, first + len(columns))))
            first += len(columns)
        return places

    def _numbers(
        self, rows: Rows, used: list[list[Expression]], places: list[list[int]], k: int, width: int
    ) -> tuple[float, ...]:
        row: list[float] = [rows.kinds[k], *[0.0] * (width - 1)]
        for kind, columns in enumerate(used):
            at_kind = rows.places[kind]
            for column, at in zip(columns, places[kind], strict=True):
                row[at] = column.args[0].values[at_kind.get(k, 0)]
        return tuple(row)

    def write(self, node: Node, names: Names, indent: int = 1) -> None:
        """The statements that return the values."""
        text = self.value(node, names, indent, 7)
        if isinstance(node, Leaf) and not reads(node.value, next(iter(names))):
            text = f"{self.prefix}.full_like(i, {text})"
        self.line(indent, f"return {text}")

    def value(self, node: Node, names: Names, indent: int, around: int) -> str:
        """The text of the values; statements before it as needed."""
        if isinstance(node, Leaf):
            self.prepare(node.value, names, indent)
            if not isinstance(node.value, Expression):
                return repr(float(node.value))
            return self.fit(node.value, names, indent, around)
        if isinstance(node, Branches):
            if node.by.number not in names and node.by.op != "name":
                self.give(node.by, names, indent)
            index = self.text(node.by, names)
            tests = [f"{index} >= {self.dialect.number(bound)[0]}" for bound in node.bounds]
            return self._chosen(node.inside, tests, names, indent, around)
        kind, known = self._row(node, names, indent)
        return self._chosen(
            node.inside, [f"{kind} == {at}" for at in range(1, len(node.inside))], known, indent, around
        )

    def _chosen(self, inside: list[Node], tests: list[str], names: Names, indent: int, around: int) -> str:
        """The first value, and each other one where its test holds."""
        if len(inside) == 1:
            return self.value(inside[0], names, indent, around)
        value = self.name_for("value", "array", names)
        self._kinds[value] = "array"
        first = self.value(inside[0], dict(names), indent, len(value) + 3)
        self.line(indent, f"{value} = {first}")
        *middle, last = zip(tests, inside[1:], strict=True)
        for test, node in middle:
            self.line(indent, f"{value} = {self._where(value, test, node, names, indent, len(value) + 3)}")
        return self._where(value, *last, names, indent, around)

    def _where(self, value: str, test: str, node: Node, names: Names, indent: int, around: int) -> str:  # noqa: PLR0913, PLR0917
        """The values of a node where the test holds, else those so far."""
        around += len(f"{self.prefix}.where({test}, , {value})")
        text = self.value(node, dict(names), indent, around)
        if 4 * indent + around + len(text) > WIDTH and not text.isidentifier():
            part = self.name_for("part", "array", names)
            self._kinds[part] = "array"
            self.line(indent, f"{part} = {text}")
            text = part
        return f"{self.prefix}.where({test}, {text}, {value})"


def _columns(node: Node) -> list[Expression]:
    """The columns under a node, of whatever rows."""
    found: dict[int, Expression] = {}
    for value in all_values(node):
        found |= {column.number: column for column in columns_in(value)}
    return list(found.values())


def all_values(node: Node) -> Iterator[Any]:
    """The values of a node's leaves, and the indices that choose between them."""
    if isinstance(node, Leaf):
        yield node.value
        return
    yield node.by
    for inside in node.inside:
        yield from all_values(inside)
