"""A length in a unit other than updates: epochs, samples, tokens, a share of the run, the rest, what Adam asks for."""

import re
from math import inf

__all__ = ["UNITS", "Length", "length_of"]

UNITS = {  # each with the argument of `resolve` that turns it into updates
    "auto": "beta2",
    "ep": "steps_per_epoch",
    "sa": "samples_per_step",
    "tok": "tokens_per_step",
    "%": "total_steps",
    "rest": "total_steps",
}
_FORM = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?:ep|sa|tok|%)|rest|auto"


class Length(str):
    """A length as it was written, such as `"3ep"`."""

    __slots__ = ()

    @property
    def unit(self) -> str:
        """One of `UNITS`."""
        return next(unit for unit in UNITS if self.endswith(unit))

    @property
    def number(self) -> float:
        """How many of them; 0 where none is written."""
        return float(self.removesuffix(self.unit) or 0)

    @property
    def argument(self) -> str:
        """The argument of `resolve` that turns it into updates."""
        return UNITS[self.unit]


def length_of(text: str) -> Length | None:
    """The length that a text means, if it means one."""
    length = Length(text)  # the pattern is compiled, and kept by `re`, at the first text: most plans have none
    return length if re.fullmatch(_FORM, text) and length.number < inf else None
