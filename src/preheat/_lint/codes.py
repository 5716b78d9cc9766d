"""A finding, and the codes there are."""

from typing import Literal, NamedTuple

__all__ = ["CODES", "Finding", "number"]

Kind = Literal["wrong", "note"]


class Code(NamedTuple):
    """What a code stands for."""

    kind: Kind
    meaning: str
    bound: bool = False  # found only where the optimizer is known


CODES = {
    "peak-unreached": Code("wrong", "the highest value is used by no update of the run"),
    "long-warmup": Code("wrong", "the warm-up takes all of the run, or is longer"),
    "epochs": Code("wrong", "the plan ends so early that its lengths look like epochs"),
    "out-of-range": Code("wrong", "a value is outside of what the knob can take", bound=True),
    "confused": Code("wrong", "a multiplier and a learning rate look confused", bound=True),
    "zero-start": Code("note", "the first value is 0, so that the first update changes nothing"),
    "end-unreached": Code("note", "the run stops before the plan has come to its end"),
    "ends-early": Code("note", "the plan ends before the run does"),
    "jump": Code("note", "two pieces do not meet"),
    "short-warmup": Code("note", "the warm-up is shorter than 2 / (1 - beta2) updates", bound=True),
}


class Finding(NamedTuple):
    """Something in a plan that is probably not meant.

    Attributes:
        code: what `ignore=` and Python's warning filters take; a key of `CODES`.
        sentence: what is so, with the numbers.
        remedy: what to do about it.
    """

    code: str
    sentence: str
    remedy: str

    @property
    def kind(self) -> Kind:
        """`wrong`, which is also said when the plan is bound, or a `note`."""
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
