"""Plans as a checkpoint holds them: as text, which is compared and shown, and followed only through `followable`."""

from preheat._analysis.sampling import contains_function
from preheat._language.parser import parse, textless
from preheat._plan import Plan

__all__ = ["ALONE", "TEXTLESS", "evaluable", "followable", "meaning", "text_of"]

ALONE = "None"  # the text of no plan: the group is left alone
TEXTLESS = "  # a function without a text: its position is saved, the function is not"


def text_of(plan: Plan | None) -> str:
    """A plan as a checkpoint holds it."""
    return ALONE if plan is None else repr(plan) + TEXTLESS * (textless(plan) is not None)


def meaning(text: str) -> Plan | None:
    """The plan that a saved text means, to compare it; None where it means none here, as that of a shape that is gone.

    Ask `evaluable` before you ask the plan for a value: a text from a file must not call a function.
    """
    if text == ALONE or text.endswith(TEXTLESS):
        return None
    try:
        return parse(text)
    except (TypeError, ValueError):
        return None


def evaluable(plan: Plan | None) -> bool:
    """Whether a plan can be asked for values that are only shown: it calls no function, and its lengths are known."""
    return plan is not None and not plan.unresolved and not contains_function(plan)


def followable(who: str, text: str) -> Plan | None:
    """The plan of a saved text that the run is going to follow. No saved text is followed in any other way.

    Raises:
        ValueError: the text means no plan here, or is that of a function which no checkpoint can hold.
    """
    if text == ALONE:
        return None
    if text.endswith(TEXTLESS):
        raise ValueError(f"{who}: the saved plan must have a text to be followed, it is {text}")
    try:
        return parse(text)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{who}: the saved plan must have a meaning here to be followed; {error}") from None
