"""The fields of a saved state, of preheat or another library, each checked as it is read; an error names the field."""

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, NoReturn

from preheat._fields import LAST, short_repr

__all__ = ["FINITE", "RATE", "STEPS", "Bounds", "FieldReader"]

FINITE = float("1.7976931348623157e308")


@dataclass(frozen=True)
class Bounds:
    """What a number may be, both ends included; `words` say it to a person, for one and for several."""

    words: str
    low: float = 0
    high: float = LAST - 1
    whole: bool = True

    def hold(self, got: object) -> bool:
        """Whether `got` is a number of that kind within the bounds; NaN never is."""
        kind = Integral if self.whole else Real
        return isinstance(got, kind) and not isinstance(got, bool) and bool(self.low <= got <= self.high)  # type: ignore[operator]  # a number


STEPS = Bounds("a whole number of steps, 0 or more")
RATE = Bounds("a number, 0 or more", high=FINITE, whole=False)


class FieldReader:
    """A saved state, read field by field. `who` begins every error message."""

    def __init__(self, who: str, state: Mapping[str, Any]) -> None:
        self.who = who
        self.state = state

    def refuse(self, name: str, rule: str, kind: type[Exception] = ValueError) -> NoReturn:
        """Say what a field must be.

        Raises:
            ValueError: always; or what `kind` says.
        """
        raise kind(f"{self.who}({name}={short_repr(self.state[name])}): {name} must be {rule}")

    def number(self, name: str, bounds: Bounds) -> Any:
        """A field that is one number: a plain int or float.

        Raises:
            TypeError: it is of another kind.
            ValueError: it is outside the bounds, NaN or infinite.
        """
        return self.check(name, self.state[name], bounds, bounds.words)

    def numbers(self, name: str, bounds: Bounds, rule: str, count: int | None = None) -> tuple[Any, ...]:
        """A field that is a list of numbers, of a length where one is due."""
        return tuple([self.check(name, one, bounds, rule) for one in self.row(name, rule, count)])

    def texts(self, name: str, rule: str, count: int | None = None) -> tuple[str, ...]:
        """A field that is a list of texts, of a length where one is due."""
        row = self.row(name, rule, count)
        if not all(isinstance(one, str) for one in row):
            self.refuse(name, rule, TypeError)
        return tuple(row)

    def row(self, name: str, rule: str, count: int | None = None) -> list[Any]:
        """A field that is a list, of a length where one is due."""
        got = self.state[name]
        if not isinstance(got, list | tuple):
            self.refuse(name, rule, TypeError)
        if count is not None and len(got) != count:
            self.refuse(name, rule)
        return list(got)

    def check(self, name: str, got: object, bounds: Bounds, rule: str) -> Any:
        """A number of a field, as a plain int or float."""
        if bounds.hold(got):
            return int(got) if isinstance(got, Integral) else float(got)  # type: ignore[arg-type]  # a number
        number = isinstance(got, Integral if bounds.whole else Real) and not isinstance(got, bool)
        self.refuse(name, rule, ValueError if number else TypeError)
