"""A finding, and the registry of rules."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

__all__ = ["CODES", "Code", "Finding", "Found", "number", "rule"]

Kind = Literal["wrong", "note"]
Found = tuple[str, str] | None  # a sentence and its remedy
Check = Callable[[Any], Found]


class Code(NamedTuple):
    """A rule of `lint`: how serious it is, what it means, and the check that looks for it."""

    kind: Kind
    meaning: str
    check: Check | None = None

    @property
    def bound(self) -> bool:
        """Whether it needs a `Scheduler`, which knows the optimizer and checks for it."""
        return self.check is None


CODES: dict[str, Code] = {}  # by code, in the order in which `lint` reports


def rule(code: str, kind: Kind, meaning: str) -> Callable[[Check], Check]:
    """Make a check of a `View` a rule of `lint`; it returns a sentence and its remedy, or None."""

    def register(check: Check) -> Check:
        CODES[code] = Code(kind, meaning, check)
        return check

    return register


class Finding(NamedTuple):
    """Something in a plan that is probably not meant.

    Attributes:
        code: a key of `CODES`, for `ignore=` and Python's warning filters.
        sentence: the finding, with its numbers.
        remedy: how to mend it.
    """

    code: str
    sentence: str
    remedy: str

    @property
    def kind(self) -> Kind:
        """`wrong`, which also warns when the plan is bound, or a `note`."""
        return CODES[self.code].kind

    @property
    def advice(self) -> str:
        """Sentence, remedy and code, in one line."""
        return f"{self.sentence}; {self.remedy} [{self.code}]"

    def __str__(self) -> str:
        return f"{self.kind}: {self.advice}"


def number(x: float) -> str:
    """A value in a sentence: four digits."""
    return f"{x:.4g}"
