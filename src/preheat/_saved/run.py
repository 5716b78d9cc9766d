"""The saved state of a `Scheduler`: one schema, which `state_dict` writes and `load_state_dict` and `inspect` read.

The dict is flat, has always the same keys, and what varies in length is one list. A key that a later version adds has
its default here, for the states that lack it.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from re import fullmatch
from typing import Any, NamedTuple

from preheat._fields import short_repr
from preheat._saved.fields import FINITE, Bounds, FieldReader
from preheat._saved.plan_history import Edit
from preheat._saved.plans import ALONE

__all__ = ["FORMAT", "Runs", "SavedPlan", "SavedRun", "run_lengths", "total", "unrolled"]

FORMAT = 1
MOST = 100_000  # knobs of groups, so that a short file cannot ask `inspect` for endless ones

Runs = tuple[tuple[float, int], ...]  # a value and how often it comes: a thousand groups with one base take two numbers

COUNT = Bounds("a whole number, 0 or more")
POSITION = Bounds("a number, 0 or more", whole=False)
LAST_USED = Bounds("a number, -1 or more", low=-1, whole=False)
NUMBER = Bounds("a finite number", low=-FINITE, high=FINITE, whole=False)
SHARE = Bounds("a number from 0 to 1", high=1, whole=False)

EACH = "a list of {}, one for each optimizer"
RUN_RULE = "a list of {}, each followed by how often it comes, 1 or more"
EDIT_RULE = (
    "a list of edits of a plan, each the number of its optimizer, an update, a knob, a key, where the clock began, and "
    "a text"
)
FEEDBACK_RULE = "empty, or a factor from 0 to 1, two whole numbers, 0 or more, and the best metric if there is one"


class SavedPlan(NamedTuple):
    """The plan of one key of a knob, as text."""

    knob: str
    mode: str  # scale or values
    key: str  # its repr
    given: str
    resolved: str  # empty where it is as given

    @property
    def followed(self) -> str:
        """The text of the plan before any edit."""
        return self.resolved or self.given


class SavedRun(NamedTuple):
    """A saved state, checked. What it holds for each knob of each group is in the order knob, group."""

    clock: str
    updates: tuple[int, ...]  # of each optimizer
    calls: int
    amount: float
    last: tuple[float, ...]  # of each optimizer
    groups: tuple[int, ...]  # of each optimizer
    plans: tuple[SavedPlan, ...]
    edits: tuple[tuple[int, Edit], ...]  # with the number of the optimizer, and the repr of its key
    bases: Runs
    values: Runs
    offsets: Runs
    feedback: tuple[float, ...]

    @classmethod
    def from_dict(cls, who: str, state: Mapping[str, Any]) -> "SavedRun":
        """A state, checked: the kind, range, length and finiteness of every field.

        Args:
            who: begins every error message, such as `load_state_dict`.
            state: as `to_dict` gave it, perhaps through a file, and perhaps not.

        Raises:
            TypeError: a field is of another kind.
            ValueError: the format is another, a key is missing, or a field is out of its range.
        """
        reader = FieldReader(who, state)
        _check_format(reader)
        groups = reader.numbers("groups", COUNT, EACH.format("whole numbers, 0 or more"))
        plans = _plans(reader)
        if not groups or (len(groups) + sum(groups)) * len({plan.knob for plan in plans}) > MOST:
            reader.refuse("groups", f"a list of one number or more, of at most {MOST} knobs of groups in all")
        run = cls(
            clock=_word(reader, "clock", ("updates", "calls", "manual")),
            updates=reader.numbers("updates", COUNT, EACH.format("whole numbers, 0 or more"), len(groups)),
            calls=reader.number("calls", COUNT),
            amount=reader.number("amount", POSITION),
            last=reader.numbers("last", LAST_USED, EACH.format("numbers, -1 or more"), len(groups)),
            groups=groups,
            plans=plans,
            edits=_edits(reader, len(groups), plans),
            bases=_runs(reader, "bases", NUMBER, "finite numbers"),
            values=_runs(reader, "values", NUMBER, "finite numbers"),
            offsets=_runs(reader, "joined", POSITION, "numbers, 0 or more"),
            feedback=_feedback(reader),
        )
        for name, runs in (("values", run.values), ("joined", run.offsets)):
            if total(runs) != total(run.bases):
                reader.refuse(name, f"as many as bases, {total(run.bases)}")
        return run

    def to_dict(self) -> dict[str, Any]:
        """The state as plain data."""
        return {
            "preheat": FORMAT,
            "clock": self.clock,
            "updates": list(self.updates),
            "calls": self.calls,
            "amount": self.amount,
            "last": list(self.last),
            "groups": list(self.groups),
            "knobs": [plan.knob for plan in self.plans],
            "modes": [plan.mode for plan in self.plans],
            "keys": [plan.key for plan in self.plans],
            "plans": [plan.given for plan in self.plans],
            "resolved": [plan.resolved for plan in self.plans],
            "edits": [x for number, edit in self.edits for x in (number, *edit)],
            "bases": [x for run in self.bases for x in run],
            "values": [x for run in self.values for x in run],
            "joined": [x for run in self.offsets for x in run],
            "feedback": list(self.feedback),
        }

    @property
    def modes(self) -> list[tuple[str, str]]:
        """Each knob and whether its plans scale or set it, in order."""
        return sorted({(plan.knob, plan.mode) for plan in self.plans})

    @property
    def position(self) -> float:
        """Where the first optimizer stands on the clock."""
        return {"updates": self.updates[0], "calls": self.calls, "manual": self.amount}[self.clock]


KEYS = frozenset({
    "preheat", "clock", "updates", "calls", "amount", "last", "groups", "knobs", "modes", "keys", "plans", "resolved",
    "edits", "bases", "values", "joined", "feedback",
})  # fmt: skip


def run_lengths(values: Iterable[float]) -> Runs:
    """The runs of equal values."""
    return tuple((value, len(list(run))) for value, run in groupby(values))


def unrolled(runs: Runs) -> Iterator[float]:
    """The values of the runs. Compare `total` with what you expect before you ask for them: a count may be huge."""
    for value, count in runs:
        yield from [value] * count


def total(runs: Runs) -> int:
    """How many values there are."""
    return sum(count for _, count in runs)


def _check_format(reader: FieldReader) -> None:
    state = reader.state
    if type(state["preheat"]) is not int or state["preheat"] != FORMAT:
        got = f"{reader.who}(preheat={short_repr(state['preheat'])})"
        raise ValueError(f"{got}: the format must be {FORMAT}; a later release made it")
    if missing := KEYS - state.keys():
        raise ValueError(
            f"{reader.who}(state_dict without {min(missing)!r}): it must be whole, as state_dict() returned it"
        )


def _word(reader: FieldReader, name: str, words: tuple[str, ...]) -> str:
    got = reader.state[name]
    if not isinstance(got, str) or got not in words:
        reader.refuse(name, f"one of {', '.join(map(repr, words))}", ValueError if isinstance(got, str) else TypeError)
    return got


def _plans(reader: FieldReader) -> tuple[SavedPlan, ...]:
    knobs = reader.texts("knobs", "a list of texts such as 'lr' or 'betas[0]', at least one")
    if not knobs or not all(fullmatch(r"\w+(\[\d+\])?", knob) for knob in knobs):
        reader.refuse("knobs", "a list of texts such as 'lr' or 'betas[0]', at least one")
    rule, n = "a list of texts, one for each of knobs", len(knobs)
    modes, keys = reader.texts("modes", rule, n), reader.texts("keys", rule, n)
    if not set(modes) <= {"scale", "values"} or len(set(zip(knobs, modes, strict=True))) > len(set(knobs)):
        reader.refuse("modes", "'scale' or 'values', and one of them for each knob")
    if len(set(zip(knobs, keys, strict=True))) < n:
        reader.refuse("keys", "different for each plan of a knob")
    texts = reader.texts("plans", rule, n), reader.texts("resolved", rule, n)
    return tuple(map(SavedPlan, knobs, modes, keys, *texts))


def _edits(reader: FieldReader, optimizers: int, plans: tuple[SavedPlan, ...]) -> tuple[tuple[int, Edit], ...]:
    flat, width = reader.row("edits", EDIT_RULE), 1 + len(Edit._fields)
    if len(flat) % width:
        reader.refuse("edits", EDIT_RULE)
    rows = [(flat[k], Edit(*flat[k + 1 : k + width])) for k in range(0, len(flat), width)]
    edited = {(plan.knob, plan.key) for plan in plans if plan.given != ALONE}
    for number, edit in rows:
        for one, bounds in ((number, COUNT), (edit.at, COUNT), (edit.offset, POSITION)):
            reader.check("edits", one, bounds, EDIT_RULE)
        if not all(isinstance(text, str) for text in (edit.knob, edit.key, edit.text)):
            reader.refuse("edits", EDIT_RULE, TypeError)
        if number >= optimizers or (edit.knob, edit.key) not in edited:
            reader.refuse("edits", EDIT_RULE)
    return tuple(rows)


def _runs(reader: FieldReader, name: str, bounds: Bounds, words: str) -> Runs:
    flat, rule = reader.row(name, RUN_RULE.format(words)), RUN_RULE.format(words)
    values = [reader.check(name, value, bounds, rule) for value in flat[0::2]]
    counts = [reader.check(name, count, COUNT, rule) for count in flat[1::2]]
    if len(values) != len(counts) or not all(counts):
        reader.refuse(name, rule)
    return tuple(zip(values, counts, strict=True))


def _feedback(reader: FieldReader) -> tuple[float, ...]:
    got = reader.row("feedback", FEEDBACK_RULE)
    values = [
        reader.check("feedback", one, bounds, FEEDBACK_RULE)
        for one, bounds in zip(got, (SHARE, COUNT, COUNT, NUMBER), strict=False)
    ]
    if len(got) not in (0, 3, 4):
        reader.refuse("feedback", FEEDBACK_RULE)
    return tuple(values)
