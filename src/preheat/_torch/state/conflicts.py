"""What the code and a checkpoint say differently: plans, and the values that they multiply."""

from collections.abc import Sequence
from typing import NamedTuple

from preheat._language.parser import parse, textless
from preheat._plan import Plan
from preheat._torch.run.knob_schedule import Bound, Edit, GroupState, Key, KnobSchedule, asks

__all__ = ["ON_CHANGE", "Found", "Plans", "changes_told", "text_of"]

ON_CHANGE = ("code", "checkpoint", "error")
_REMEDY = 'on_change="checkpoint" keeps the saved one'
_TOLD = 3  # of many changes of one kind
_TEXTLESS = "  # a function without a text: its position is saved, the function is not"


def text_of(plan: Plan | None) -> str:
    """A plan as a checkpoint holds it."""
    return "None" if plan is None else repr(plan) + _TEXTLESS * (textless(plan) is not None)


def _parsed(text: str) -> Plan | None:
    if text.endswith(_TEXTLESS):
        raise ValueError(f"load_state_dict(): the saved plan must have a text to be followed, it is {text}")
    return None if text == "None" else parse(text)


def _known(text: str) -> Plan | None:
    """The plan that a saved text means; None where it means none here, as that of a shape that is gone."""
    try:
        return _parsed(text)
    except (TypeError, ValueError):
        return None


def _same(plan: Plan, text: str) -> bool:
    return text_of(plan) == text or plan == _known(text)


def _bound(given: str, resolved: str) -> Bound | None:
    plan, known = _parsed(given), _parsed(resolved)
    return None if plan is None or known is None else Bound(plan, known)


class Plans:
    """The plans of a knob as the code has them and as a checkpoint has them, by the text of their keys."""

    def __init__(self, track: KnobSchedule, saved: dict[str, tuple[str, str]], edits: Sequence[Edit]) -> None:
        self.track = track
        self.code = {repr(key): bound for key, bound in track.code.items()}
        self.saved = saved  # as bound, and resolved
        self.edits = list(dict.fromkeys(edit for edit in edits if edit.knob == track.knob.path))

    @property
    def changed(self) -> bool:
        """Whether they are others, in whatever form they are written."""
        return self.saved.keys() != self.code.keys() or any(map(self._differ, self.code))

    def _differ(self, key: str) -> bool:
        """Whether a plan is another one; where the code or the run does not know the total, as it was bound."""
        bound, (given, resolved) = self.code[key], self.saved[key]
        if bound is None:
            return resolved != text_of(None)
        saved = _known(resolved)
        known = not (bound.resolved.unresolved or (saved is not None and saved.unresolved))
        return not (_same(bound.resolved, resolved) or (not known and _same(bound.given, given)))

    def _kept(self, key: Key) -> Bound | None:
        """The code's plan, with the saved total where the code leaves it open."""
        bound = self.track.code[key]
        if bound is None or not bound.resolved.unresolved:
            return bound
        return Bound(bound.given, _parsed(self.saved[repr(key)][1]) or bound.resolved)

    def chosen(self, on_change: str, at: float) -> dict[Key, Bound | None]:
        """The plans to follow from an update on.

        Raises:
            ValueError: they have changed, and `on_change` or the edits leave no choice.
        """
        if not self.changed:
            return {key: self._kept(key) for key in self.track.code}
        if on_change == "code" and not self.edits:
            return self.track.code
        who = f"load_state_dict(): the plan of {self.track.knob.path}"
        if on_change != "checkpoint" and self.edits:
            raise ValueError(
                f'{who} has changed and the run was edited; {self._both()}; pass on_change="checkpoint", or do not '
                f"load this state and seek({at}) to follow the code's plan without the edits"
            )
        if on_change == "error":
            raise ValueError(f'{who} must be the saved one (on_change="error"); {self._both()}')
        if self.saved.keys() != self.code.keys():
            raise ValueError(f"{who} must be for the same groups as when it was saved; {self._both()}")
        return {key: _bound(*self.saved[repr(key)]) for key in self.track.code}

    def told(self, on_change: str, at: float, last: float) -> str:
        """What is said of a change: both plans, and the value on each side of the seam."""
        seams = filter(None, (self._seam(key, on_change, at, last) for key in self.track.code))
        way = "the saved one is followed" if on_change == "checkpoint" else _REMEDY
        told = "; ".join([self._both(), *list(seams)[:_TOLD], way])
        return f"load_state_dict(): the plan of {self.track.knob.path} has changed; {told}"

    def _seam(self, key: Key, on_change: str, at: float, last: float) -> str:
        bound, now = self.track.code[key], self.track.plans[key]
        saved, code = _known(self.saved.get(repr(key), ("", "None"))[1]), bound and bound.resolved
        whose, other, before = ("code's", code, now) if on_change == "checkpoint" else ("saved", saved, saved)
        if now is None or now == other:
            return ""
        group = "" if key == "*" else f" of {key!r}"
        begun = f" goes from {_value(before, last)} to" if last >= 0 else " is"
        return f"at update {at} the value{group}{begun} {now(at):g}, where the {whose} plan has {_value(other, at)}"

    def _both(self) -> str:
        edits = "".join(f", edited at update {edit.at}: {edit.text:.200}" for edit in self.edits[:_TOLD])
        more = f" and {len(self.edits) - _TOLD} more times" * (len(self.edits) > _TOLD)
        code = {key: text_of(bound and bound.resolved) for key, bound in self.code.items()}
        saved = {key: resolved for key, (_, resolved) in self.saved.items()}
        return f"saved: {_listed(saved)}{edits}{more}; the code's: {_listed(code)}"


def _value(plan: Plan | None, at: float) -> str:
    return "one unknown here" if plan is None or plan.unresolved or asks(plan) else f"{plan(at):g}"


def _listed(texts: dict[str, str]) -> str:
    return ", ".join(f"{text:.200}" if key == "'*'" else f"{key}: {text:.200}" for key, text in texts.items())


class Found(NamedTuple):
    """A knob of a group: what was found in it at bind, and what the checkpoint says of it."""

    track: KnobSchedule
    group: int
    group_state: GroupState
    saved: float  # base
    recorded: float  # value
    lr: tuple[float | None, float] | None  # the group's `initial_lr` at bind and the saved base of its lr

    @property
    def changed(self) -> bool:
        """Whether what was found is the code's own new base.

        What equals the saved base has not changed. What equals the value recorded was loaded with the optimizer,
        unless the group's `initial_lr` says that it was never loaded: then it is the code's, a new peak that equals
        the old floor. Where the lr is not driven there is no such mark, and an equal value was loaded.
        """
        if not self.track.scaled or self.group_state.found == self.saved:
            return False
        return self.group_state.found != self.recorded or (self.lr is not None and self.lr[0] != self.lr[1])


def changes_told(found: Sequence[Found], on_change: str) -> list[str]:
    """What is said of bases that have changed, in one sentence for each knob.

    Raises:
        ValueError: one has changed, and `on_change` says that none may.
    """
    changes: dict[str, list[str]] = {}
    for one in found:
        if one.changed:
            group = one.track.index_of(one.group)
            change = f"saved {one.saved!r}, the code's {one.group_state.found!r} in group {group}"
            changes.setdefault(one.track.knob.path, []).append(change)
    sentences = []
    for knob, told in changes.items():
        more = f" and {len(told) - _TOLD} more" * (len(told) > _TOLD)
        what = f"load_state_dict(): the {knob} that the plan multiplies has changed; {'; '.join(told[:_TOLD])}{more}"
        if on_change == "error":
            raise ValueError(f'{what}; it must be the saved one (on_change="error")')
        way = "the saved one is kept" if on_change == "checkpoint" else _REMEDY
        sentences.append(f"{what}; {way}")
    return sentences
