"""The plans of one knob: as given, with their lengths in updates, and the edits made since."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, final

from preheat._lengths.known_prefix import known_prefix
from preheat._nodes.cuts import until
from preheat._plan import Plan
from preheat._saved.plans import text_of

__all__ = ["Edit", "Key", "PlanHistory", "Plans"]

Key = Any  # a group's name, its index, a pair (optimizer, index), or "*"
Plans = Mapping[Key, Plan | None]  # None leaves a group alone


class Edit(NamedTuple):
    """A plan that is followed from an update on."""

    at: int  # on the clock of the groups that follow it
    knob: str
    key: Key
    offset: float  # the index at which that clock began
    text: str


@final
class PlanHistory:
    """For one knob: the plan of each key as given and resolved, and the edits since.

    Immutable: an edit makes a new history, so that going back is to keep the old one. A lookup costs nothing, because
    what each key follows is worked out when the history is made.
    """

    __slots__ = ("_followed", "_texts", "edits", "given", "resolved")

    def __init__(self, given: Plans, resolved: Plans) -> None:
        self.given = given
        self.resolved = resolved
        self.edits: tuple[Edit, ...] = ()
        self._texts: dict[Key, tuple[str, str]] = {}
        # By key and the offset of the group's clock; groups without an edit of their own follow that of offset 0.
        self._followed = {(key, 0.0): None if plan is None else known_prefix(plan) for key, plan in resolved.items()}

    @property
    def texts(self) -> Mapping[Key, tuple[str, str]]:
        """The text of each plan as given and as resolved; made once, because every checkpoint asks for them."""
        if not self._texts:
            self._texts.update({key: (text_of(self.given[key]), text_of(self.resolved[key])) for key in self.given})
        return self._texts

    @property
    def plans(self) -> dict[Key, Plan | None]:
        """The plan of each key that groups follow whose clock began with the run."""
        return {key: self._followed[key, 0.0] for key in self.given}

    def followed(self, key: Key, offset: float) -> Plan:
        """The plan that the groups of a key follow whose clock began at `offset`."""
        plan = self._followed.get((key, offset)) or self._followed[key, 0.0]
        assert plan is not None  # noqa: S101  # a group that is left alone asks for no plan
        return plan

    def edited(self, edits: Iterable[tuple[Edit, Plan]]) -> "PlanHistory":
        """The history with more edits, each with the plan that its text means."""
        new = PlanHistory.__new__(PlanHistory)
        new.given, new.resolved, new._texts = self.given, self.resolved, self._texts
        new._followed = dict(self._followed)
        made = []
        for edit, plan in edits:
            before = new.followed(edit.key, edit.offset)
            new._followed[edit.key, edit.offset] = until(before, edit.at) >> plan if edit.at else plan
            made.append(edit)
        new.edits = (*self.edits, *made)
        return new
