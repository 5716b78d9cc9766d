"""The schedule in a state of `preheat.torch.Scheduler`, edits and all."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from preheat import Plan, parse
from preheat._torch.run.knob import Knob
from preheat._torch.run.knob_schedule import Edit, KnobSchedule
from preheat._torch.run.progress import CLOCKS
from preheat._torch.state.checkpoint import FORMAT, _grouped, _unrolled
from preheat._torch.state.edits import replay
from preheat.cli.inspect.states import ALL, Line, Standing

__all__ = ["standing"]

Groups = Sequence[Sequence[dict[str, Any]]]
ALONE = "None"  # the text of no plan: the group is left alone
TEXTLESS = "  # "  # what follows says why a plan has no text
UNKNOWN = "its plan holds a function without a text, which a checkpoint does not hold; --plan says what it was"
NAMELESS = "which group bears which name is in the optimizer's state, which the file lacks; multipliers are shown"
PLATEAU = "a Plateau multiplies the lr too, by {:g} now; its metric decides what comes next"


class _Cell(NamedTuple):
    """One knob of one group: the key of its plan, and what the group is called."""

    track: KnobSchedule
    key: str
    group: str

    def plan(self, joined: float) -> Plan | None:
        """What it follows; None where that is not known."""
        return None if self.track.plans[self.key] is None else self.track.followed(self.key, joined)


def standing(where: str, state: dict[str, Any], groups: Groups) -> Standing:
    """Where it stands, and what each knob follows.

    Raises:
        ValueError: the state is of another format, or a text in it means nothing here.
    """
    if state["preheat"] != FORMAT:
        raise ValueError(
            f"inspect(preheat={state['preheat']!r}): the format of the state must be {FORMAT}; a later release made it"
        )
    tracks = [list(_tracks(state, number)) for number in range(len(state["groups"]))]
    cells = [cell for number, own in enumerate(tracks) for cell in _cells(own, state, number, groups)]
    bases, joined = list(_unrolled(state["bases"])), list(_unrolled(state["joined"]))
    notes = [UNKNOWN] if any(TEXTLESS in text for text in state["plans"]) else []
    if len(cells) == len(bases):
        lines = tuple(_merged(cells, bases, joined, sum(state["groups"])))
    else:
        lines = tuple(Line(t.knob.path, key, 1.0, plan) for t in tracks[0] for key, plan in t.plans.items() if plan)
        notes.append(NAMELESS)
    if state["feedback"]:
        notes.append(PLATEAU.format(state["feedback"][0]))
    held = {"updates": state["updates"][0], "calls": state["calls"], "amount": state["amount"]}
    clock = state["clock"]
    return Standing(where, "preheat's", held[CLOCKS[clock].reads], CLOCKS[clock].unit, lines, tuple(notes))


def _tracks(state: dict[str, Any], number: int) -> Iterator[KnobSchedule]:
    """The knobs of an optimizer with the plans they follow, by the text of their keys; None: not known."""
    rows = [(row[0], Edit(*row[1:])) for row in _grouped(state["edits"], len(Edit._fields) + 1)]
    given: dict[tuple[str, str], dict[str, Plan | None]] = {}
    texts = [resolved or text for text, resolved in zip(state["plans"], state["resolved"], strict=True)]
    for knob, mode, key, text in zip(state["knobs"], state["modes"], state["keys"], texts, strict=True):
        given.setdefault((knob, mode), {})[key] = parse(text) if text != ALONE and TEXTLESS not in text else None
    for (knob, mode), plans in given.items():
        track = KnobSchedule(Knob(knob), plans, scaled=mode == "scale")
        replay(track, [edit for which, edit in rows if which == number and plans[edit.key] is not None])
        yield track


def _cells(tracks: Sequence[KnobSchedule], state: dict[str, Any], number: int, groups: Groups) -> Iterator[_Cell]:
    """The groups that each knob is driven in, in the order of the state."""
    counts = state["groups"]
    rows = zip(state["knobs"], state["keys"], state["plans"], strict=True)
    alone = {(knob, key) for knob, key, text in rows if text == ALONE}
    held = next((own for own in groups[number:] if len(own) == counts[number]), [{}] * counts[number])
    for track in tracks:
        for index, group in enumerate(held):
            place = index if len(counts) == 1 else (number, index)
            keys = [repr(group.get("name")), repr(place), "'*'"]
            key = next((key for key in keys if key in track.plans), None)
            if key is not None and (track.knob.path, key) not in alone:
                yield _Cell(track, key, str(group.get("name", place)))


def _merged(cells: Sequence[_Cell], bases: Sequence[float], joined: Sequence[float], total: int) -> Iterator[Line]:
    """One line for the groups of a knob that share plan, base and beginning."""
    shared: dict[tuple[str, float, float, Plan | None], list[str]] = {}
    for cell, base, began in zip(cells, bases, joined, strict=True):
        knob = cell.track.knob.path
        shared.setdefault((knob, base if cell.track.scaled else 1.0, began, cell.plan(began)), []).append(cell.group)
    for (knob, base, began, plan), which in shared.items():
        yield Line(knob, ALL if len(which) == total else f"group {', '.join(which)}", base, plan, began)
