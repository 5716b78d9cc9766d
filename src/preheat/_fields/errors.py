"""The package's warning, the error of a broken rule between parameters, and how a message quotes a value."""

import reprlib

__all__ = ["BrokenRuleError", "PreheatWarning", "require", "short_repr"]


class PreheatWarning(UserWarning):
    """A likely mistake in how preheat is used; the message says how to mend it."""


class BrokenRuleError(ValueError):
    """A rule between parameters does not hold. The caller that catches it adds the function and its arguments."""


def require(condition: bool, rule: str) -> None:  # noqa: FBT001  # the condition is the sentence's subject
    """Refuse parameters that break a rule between them; for the first lines of a shape.

    >>> require(2 > 1, "start must be above end")

    Raises:
        ValueError: the rule does not hold.
    """
    if not condition:
        raise BrokenRuleError(rule)


def short_repr(got: object) -> str:
    """A value in a message: its `repr`, shortened."""
    try:
        return reprlib.repr(got)
    except ValueError:  # Python refuses to write a whole number of thousands of digits
        return f"<a long {type(got).__name__}>"
