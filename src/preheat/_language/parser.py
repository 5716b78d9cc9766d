"""Plans from text: one small language, read without running or importing anything."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from operator import add, mul, sub, truediv
from typing import Any, NamedTuple, NoReturn

from preheat._fields import short_repr
from preheat._nodes import FromText, allow_functions
from preheat._plan import DEEPEST, OPERATORS, VOCABULARY, Plan

__all__ = ["parse", "required_text", "textless"]

LONGEST = 2**23  # characters
MOST = 100_000  # pieces and table entries that calls may add to those written in a text
SHAPES = "preheat.shapes"  # the group of entry points by which an installed package says what shapes it has
LARGEST = sys.float_info.max
MOST_DIGITS = 300  # of a whole number; beyond, it is read as a float
_OPERATORS: dict[str, tuple[int, Callable[[Any, Any], Any]]] = {
    ">>": (0, OPERATORS[">>"]),  # of plans only: 8 >> 1 is not 4
    "+": (1, add),
    "-": (1, sub),
    "*": (2, mul),
    "/": (2, truediv),
}
_CONSTANTS = {"True": True, "False": False, "None": None}
_DIGITS = r"[0-9]+(?:_[0-9]+)*"
_TOKEN = re.compile(
    rf"""\s*(?:
      (?P<number> (?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})? )
    | (?P<name> [^\W\d]\w* )
    | (?P<string> "[^"\\\n]*" | '[^'\\\n]*' )
    | (?P<mark> >> | [-+*/()\[\],=] )
    | (?P<end> \Z )
    )""",
    re.VERBOSE,
)
_EQUALS = re.compile(r"\s*=")


class Budget:
    """How many pieces and table entries the calls in a text may still make, so that a short text costs little."""

    def __init__(self, text: str) -> None:
        self.left = MOST + len(text)

    def spend(self, made: object, given: Iterable[object]) -> None:
        """Take off the pieces and entries that a call has made and not been given.

        Raises:
            ValueError: none are left.
        """
        self.left -= max(_size(made) - sum(map(_size, given)), 0)
        if self.left < 0:
            raise ValueError(f"the text must make at most {MOST} pieces and table entries more than it has characters")


def _size(value: object) -> int:
    return value.size if isinstance(value, Plan) else 0


class Token(NamedTuple):
    """A word of the text, and its place."""

    kind: str
    text: str
    at: int

    def __str__(self) -> str:
        return short_repr(self.text) if self.text else "the end of the text"


def parse(text: str, functions: Iterable[str | Callable[[Any], float]] = ()) -> Plan:
    """The plan that a text means, in the language that `repr` writes.

    >>> parse("warmup(2_000) >> cosine(1, 0.1, steps=98_000)")
    linear(0, 1, steps=2000) >> cosine(1, 0.1, steps=98000)

    Args:
        text: names, numbers, strings, `True`, `False`, `None`, tuples and lists of these, keyword arguments,
            `>> * + - /`, unary minus and brackets; at most 8,388,608 characters, nested at most 64 deep. Its calls may
            make 100,000 pieces and table entries more than it has characters.
        functions: the functions that the text may name and call, as objects or as `"module:name"`. A name that is not
            allowed is kept as text: the plan can be shown, compared and written, and asking for its value is an error.

    Raises:
        ValueError: the text is not a plan; the message points at the place.
        TypeError: `text` is not a string.
    """
    if not isinstance(text, str):
        raise TypeError(f"parse(text={short_repr(text)}): text must be a string")
    if len(text) > LONGEST:
        raise ValueError(
            f"parse(text={short_repr(text)}): text must be at most {LONGEST} characters long, got {len(text)}"
        )
    allow_functions("parse", functions)
    reader = _Reader(text)
    value = reader.expression()
    reader.expect("", "an operator or the end")
    if not isinstance(value, Plan):
        reader.refuse(0, f"it must be a plan, got {short_repr(value)}; constant(value) holds a number")
    return value


class _Reader:
    """A precedence parser: an expression is an operand, then operators that bind at least as tightly as asked."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.depth = 0
        self.budget = Budget(text)
        self.tokens = self._split()
        self.token = next(self.tokens)

    def _split(self) -> Iterator[Token]:
        at = 0
        while True:
            match = _TOKEN.match(self.text, at)
            if match is None:
                at = len(self.text) - len(self.text[at:].lstrip())
                hint = "; write >> to put one piece after another" if self.text[at] == ">" else ""
                self.refuse(at, f"{self.text[at]!a} must be part of a name, a number, a string or an operator{hint}")
            kind = str(match.lastgroup)
            yield Token(kind, match[kind], match.start(kind))
            at = match.end()

    def refuse(self, at: int, what: str, cause: Exception | None = None) -> NoReturn:
        """Raise a ValueError that points at the place."""
        line_start = self.text.rfind("\n", 0, at) + 1
        left = max(line_start, at - 60)
        excerpt = self.text[left : at + 40].partition("\n")[0]
        line = self.text.count("\n", 0, at) + 1
        raise ValueError(
            f"parse: line {line}, column {at - line_start + 1}: {what}\n  {excerpt}\n  {' ' * (at - left)}^"
        ) from cause

    def take(self) -> Token:
        """The token at hand; moves on to the next."""
        token = self.token
        if token.kind != "end":
            self.token = next(self.tokens)
        return token

    def sees(self, mark: str) -> bool:
        """Whether a mark is at hand; `""` is the end."""
        return self.token.kind in ("mark", "end") and self.token.text == mark

    def skip(self, mark: str) -> bool:
        """Whether a mark is at hand; if so, moves on."""
        return self.sees(mark) and bool(self.take())

    def expect(self, mark: str, what: str) -> None:
        """Refuse anything but a mark."""
        if not self.skip(mark):
            self.refuse(self.token.at, f"{what} must stand here, got {self.token}")

    def expression(self, loosest: int = 0) -> Any:
        """An operand and what operators do to it."""
        value = self.operand()
        while self.token.kind == "mark" and self.token.text in _OPERATORS:
            binding, apply = _OPERATORS[self.token.text]
            if binding < loosest:
                break
            at = self.take().at
            right = self.expression(binding + 1)
            if isinstance(value, str | tuple | None | bool) or isinstance(right, str | tuple | None | bool):
                self.refuse(at, "both sides must be plans or numbers")
            value = self.made(at, apply, (value, right), {})
        return value

    def made(self, at: int, make: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What a call makes, its complaint pointed at the place."""
        try:
            value = make(*args, **kwargs)
            self.budget.spend(value, (*args, *kwargs.values()))
        except (TypeError, ValueError, ArithmeticError) as error:
            self.refuse(at, str(error), error)
        if isinstance(value, int | float) and not abs(value) <= LARGEST:
            self.refuse(at, "the number must be finite")
        return value

    def operand(self) -> Any:
        """A number, a string, a call, a bracket; a minus before it."""
        at, minuses = self.token.at, 0
        while self.skip("-"):
            minuses += 1
        value = self.atom()
        if minuses and (isinstance(value, bool) or not isinstance(value, Plan | int | float)):
            self.refuse(at, "a minus must stand before a number or a plan")
        return -value if minuses % 2 else value

    def atom(self) -> Any:
        """An operand without its minus."""
        token = self.take()
        if token.kind == "number":
            return self.made(token.at, _number, (token.text,), {})
        if token.kind == "string":
            return FromText(token.text[1:-1])
        if token.kind == "name":
            return _CONSTANTS[token.text] if token.text in _CONSTANTS else self.call(token)
        if token.text in ("(", "["):
            return self.bracket(token)
        self.refuse(token.at, f"a plan or a number must stand here, got {token}")

    def bracket(self, opening: Token) -> Any:
        """`(expression)`, or a tuple or list of values."""
        self.enter(opening)
        closing = ")" if opening.text == "(" else "]"
        values, is_tuple = [], opening.text == "["
        while not self.sees(closing):
            values.append(self.expression())
            if not self.skip(","):
                break
            is_tuple = True
        self.expect(closing, f"a comma or {closing!r}")
        self.depth -= 1
        return tuple(values) if is_tuple or not values else values[0]

    def call(self, name: Token) -> Plan:
        """`name(values, keyword=value)`."""
        make = VOCABULARY.get(name.text)
        if make is None:
            self.refuse(name.at, f"{name} must be the name of a shape{nearest(name.text)}")
        self.expect("(", f"'(' after {name}")
        self.enter(name)
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        while not self.sees(")"):
            self.argument(args, kwargs)
            if not self.skip(","):
                break
        self.expect(")", "a comma or ')'")
        self.depth -= 1
        plan: Plan = self.made(name.at, make, tuple(args), kwargs)
        return plan

    def argument(self, args: list[Any], kwargs: dict[str, Any]) -> None:
        """One value, or `keyword=value`."""
        start = self.token
        if start.kind == "name" and _EQUALS.match(self.text, start.at + len(start.text)):
            self.take()
            self.take()
            if start.text in kwargs:
                self.refuse(start.at, f"{start.text} must be given once")
            kwargs[start.text] = self.expression()
        elif kwargs:
            self.refuse(start.at, "values by position must come before those by keyword")
        else:
            args.append(self.expression())

    def enter(self, token: Token) -> None:
        """Count a level of brackets."""
        self.depth += 1
        if self.depth > DEEPEST + 1:
            self.refuse(token.at, f"brackets must nest at most {DEEPEST} levels deep")


def _number(text: str) -> float:
    return int(text) if text.replace("_", "").isdigit() and len(text) <= MOST_DIGITS else float(text)


def nearest(name: str) -> str:
    """What to suggest for an unknown name: the package that has it, or else the nearest name."""
    from difflib import get_close_matches  # noqa: PLC0415  # for a mistake only; it would slow every import
    from importlib.metadata import entry_points  # noqa: PLC0415  # likewise

    packages = sorted({entry.module for entry in entry_points(group=SHAPES) if entry.name == name})
    if packages:
        return f"; {' or '.join(packages)} has it: import it first"
    close = get_close_matches(name[:40], VOCABULARY, n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f", one of {', '.join(sorted(VOCABULARY))}; one of your own is known once its module is imported"


def textless(plan: Plan) -> Plan | None:
    """The first piece of a plan that has no text, a function that cannot be imported by name; None when all have."""
    make, args, kwargs = plan._call()
    del make
    for value in (*args, *kwargs.values()):
        found = textless(value) if isinstance(value, Plan) else plan if callable(value) else None
        if found is not None:
            return found
    return None


def required_text(who: str, plan: Plan) -> str:
    """The text that means a plan.

    Raises:
        ValueError: the plan holds a function that cannot be imported by name, so it has none.
    """
    if (piece := textless(plan)) is not None:
        raise ValueError(f"{who}(plan): {piece!r} must be importable by name to have a text; define it in a module")
    return repr(plan)
