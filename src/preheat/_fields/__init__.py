"""What a parameter may be, lengths in other units among it."""

from preheat._fields.fields import (
    INFINITY,
    LAST,
    TINY,
    Beta,
    BrokenRuleError,
    Count,
    Factor,
    Field,
    Flag,
    Kind,
    Milestones,
    Number,
    Numbers,
    Parameters,
    Period,
    Positive,
    PreheatWarning,
    Seed,
    Several,
    Share,
    Steps,
    Time,
    Updates,
    Value,
    checked,
    field_of,
    parameters_of,
    require,
    short_repr,
)  # fmt: skip
from preheat._fields.length import UNITS, Length, length_of

__all__ = [
    "INFINITY", "LAST", "TINY", "UNITS", "Beta", "BrokenRuleError", "Count", "Factor", "Field", "Flag", "Kind",
    "Length", "Milestones", "Number", "Numbers", "Parameters", "Period", "Positive", "PreheatWarning", "Seed",
    "Several", "Share", "Steps", "Time", "Updates", "Value", "checked", "field_of", "length_of", "parameters_of",
    "require", "short_repr",
]  # fmt: skip
