"""What a parameter may be: its kind, its annotation, and how a call is checked against both."""

from preheat._fields.annotations import (
    Beta,
    Count,
    Factor,
    Flag,
    Milestones,
    Number,
    Numbers,
    Period,
    Positive,
    Seed,
    Share,
    Steps,
    Time,
    Updates,
    Value,
)
from preheat._fields.errors import BrokenRuleError, PreheatWarning, require, short_repr
from preheat._fields.field import INFINITY, LAST, TINY, Field, Range, instance_of, number, sequence_of, whole
from preheat._fields.length import UNITS, Length, length_of
from preheat._fields.signature import Parameters, checked, field_of, hints_of, parameters_of

__all__ = [
    "INFINITY", "LAST", "TINY", "UNITS", "Beta", "BrokenRuleError", "Count", "Factor", "Field", "Flag", "Length",
    "Milestones", "Number", "Numbers", "Parameters", "Period", "Positive", "PreheatWarning", "Range", "Seed", "Share",
    "Steps", "Time", "Updates", "Value", "checked", "field_of", "hints_of", "instance_of", "length_of", "number",
    "parameters_of", "require", "sequence_of", "short_repr", "whole",
]  # fmt: skip
