"""What is asked for, and the parts that every target puts together: docstring, constants, helpers, the function."""

import sys
from collections.abc import Callable
from math import inf
from textwrap import wrap
from typing import Any, NamedTuple

from preheat import _math
from preheat._export.branches import Brancher, Node
from preheat._export.constants import Constants
from preheat._export.dialects import Arrays, Dialect, Scalars, is_int
from preheat._export.functions import ArrayBody, ScalarBody, all_values
from preheat._export.reading import Reader
from preheat._export.statements import WIDTH, everything_in
from preheat._export.values import Value
from preheat._fields import LAST
from preheat._plan import Plan, Then

__all__ = ["PEAK", "Code", "Request", "code_for_arrays", "code_for_numbers", "imports_of"]

PEAK = "PEAK_LR"
LONGEST_TEXT = 300
SHORT, LONG = 2**32 - 1, LAST - 1  # updates of a run
STEP = 0  # the number of the step among expressions: it is the first of them


class Request(NamedTuple):
    """A plan to be written as code.

    `lr` is None for a multiplier, a number for the peak that it scales, True where the plan is the learning rate.
    """

    plan: Plan
    lr: Any
    name: str

    @property
    def is_rate(self) -> bool:
        """Whether the values are learning rates."""
        return self.lr is not None

    @property
    def peak(self) -> float | None:
        """The named constant that the plan multiplies, if any."""
        return None if self.lr is None or self.lr is True else float(self.lr)

    @property
    def text(self) -> str:
        """The plan as text, with the peak."""
        return repr(self.plan) if self.peak is None else f"{self.peak!r} * ({self.plan!r})"

    def docstring(self, indent: int = 1) -> list[str]:
        """What the function returns, and the plan: all of it, or how it begins."""
        room = WIDTH - 4 * indent
        subject = "Learning rate" if self.is_rate else "Multiplier of the learning rate"
        summary = f"{subject} at update `step`, counted from 0"
        line = f'"""{summary}: {self.text}."""'
        if len(line) <= room:
            return [line]
        text = self.text
        if len(text) > LONGEST_TEXT:
            pieces = len(self.plan.plans) if isinstance(self.plan, Then) else 1
            text = f"{text[:LONGEST_TEXT].rpartition(' ')[0]} ... ({pieces:_} pieces in all)"
        return [f'"""{summary}.', "", *wrap(text, room, break_long_words=False, break_on_hyphens=False), '"""']

    def header(self) -> list[str]:
        """What stands at the top: where the code comes from, and what it does not do."""
        version = getattr(sys.modules["preheat"], "__version__", "")
        return [f"A learning-rate schedule, written by preheat {version}, which it does not need.", "", *wrap(
            "The first call is update 0. Left behind are: resuming in any order, counting only the updates that were "
            "applied (one that GradScaler skips counts here), warnings, and lint.",
            WIDTH - 3,
        )]  # fmt: skip


class Code(NamedTuple):
    """The parts of a module."""

    used: set[str]
    constants: list[str]
    helpers: list[str]
    function: list[str]


def branches_of(request: Request, *, clips: bool) -> tuple[Node, dict[int, str]]:
    """The plan in branches, and names for what is in them."""
    formula = request.plan._formula

    def read(reader: Reader, step: Value) -> Value:
        value = reader.read(formula, step)
        if request.peak is None:
            return value
        peak = reader.algebra.symbol(PEAK, *_beside(request.peak), whole=False)
        return reader.algebra.combine("mul", lambda a, b: a * b, peak, value)

    brancher = Brancher(read, LONG if _is_long(request.plan) else SHORT, clips=clips)
    return brancher.branches(), brancher.names


def _beside(value: float) -> tuple[float, float]:
    """Bounds about a number that keep its name from being replaced by it."""
    return (-inf, inf) if value == 0 else (min(value, 0.0), max(value, 0.0))


def _is_long(plan: Plan) -> bool:
    return any(len(digits) > 8 for digits in _digits(repr(plan)))  # noqa: PLR2004  # a length of 10**8 or more


def _digits(text: str) -> list[str]:
    return "".join(character if character.isdigit() else " " for character in text).split()


def code_for_numbers(request: Request, dialect: Dialect, make: type[ScalarBody] = ScalarBody,
                     declared: str = "{name} = {text}", after: str = "  # fmt: skip") -> Code:  # fmt: skip
    """The function of one number."""
    node, hints = branches_of(request, clips=False)
    constants = _constants(request, dialect, declared, after)
    body = make(dialect, hints, {request.name, "step", PEAK, *_NAMES}, constants, single=False)
    names: dict[int, str] = {}
    if isinstance(dialect, Scalars) and _overflows(node):
        dialect.floats = True
        body.line(1, "i = float(step)")
        names[STEP] = "i"
    body.write(node, names)
    if any("bisect_right(" in line for line in body.lines):
        dialect.used.add("bisect_right")
    return Code(dialect.used, constants.lines, _helpers(dialect, make, constants, "x"), body.lines)


def code_for_arrays(request: Request, dialect: Arrays, make: Callable[..., ArrayBody], declared: str) -> Code:
    """The function of an array."""
    node, hints = branches_of(request, clips=True)
    constants = _constants(request, dialect, declared, "  # fmt: skip")
    body = make(dialect.prefix, dialect, hints, {request.name, "step", "i", PEAK, dialect.prefix, *_NAMES}, constants)
    body.write(node, {STEP: "i"})
    helpers = _helpers(dialect, None, constants, "x")
    return Code(dialect.used, constants.lines, helpers, body.lines)


def _constants(request: Request, dialect: Dialect, declared: str, after: str) -> Constants:
    constants = Constants(dialect, declared, after=after)
    if request.peak is not None:
        constants.lines.append(constants.plain.format(name=PEAK, text=repr(request.peak)))
    return constants


def _overflows(node: Node) -> bool:
    """Whether whole numbers in it may pass 2**53, where Python's ints are exact and the plan's floats are not."""
    parts = {part.number: part for value in all_values(node) for part in everything_in(value)}
    return any(is_int(part) and max(abs(part.low), abs(part.high)) > LAST for part in parts.values())


def _helpers(dialect: Dialect, make: type[ScalarBody] | None, constants: Constants, x: str) -> list[str]:
    """The hash that noise is made of, if it is."""
    if "mixed" not in dialect.used:
        return []
    dialect.used.discard("mixed")
    from_source = Brancher(lambda reader, value: reader.inlined(_math._hashed, (value,), {}), 2**32 - 1, clips=False)
    node = from_source.branches()
    body = (make or ScalarBody)(dialect, from_source.names, {x}, constants, single=True)
    body.integral = True
    body.write(node, {STEP: x})
    return body.lines


_NAMES = ("sqrt", "exp", "expm1", "log", "log1p", "sin", "cos", "tanh", "floor", "pi", "mixed", "bisect_right")


def imports_of(code: Code) -> list[str]:
    """What the code uses of the standard library."""
    lines = ["from bisect import bisect_right"] if "bisect_right" in code.used else []
    names = sorted(code.used & set(_NAMES) - {"bisect_right", "mixed"})
    return [*lines, f"from math import {', '.join(names)}"] if names else lines
