"""Turns lengths in other units into whole updates.

A plan is first measured, in exact fractions of an update, and then fitted to a whole number of them, from the outside
in: a chain shares its number out to its pieces, a call gives its number to the length that determines it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Any

from preheat._fields import Beta, Count, Length, Positive, checked
from preheat._nodes.annotations import Part
from preheat._nodes.repeat_and_stretch import rounded
from preheat._plan import Chain, Plan, Then, lengths_in, missing
from preheat.recipes import untuned_linear

if TYPE_CHECKING:
    from fractions import Fraction

__all__ = ["resolve"]

Exact = Any  # a whole number or a fraction, of updates
Late = Length | Plan  # an argument with a length that is not in updates yet


@dataclass(frozen=True)
class Run:
    """The units of a run, and results by plan identity, without which a deep nest would take exponential time."""

    total_steps: int | None
    steps_per_epoch: float | None
    samples_per_step: float | None
    tokens_per_step: float | None
    beta2: float | None
    measured: dict[int, Exact | None] = field(default_factory=dict)
    fitted: dict[tuple[int, int | None], Plan] = field(default_factory=dict)

    def updates(self, length: Length) -> "Fraction | None":
        """A length in updates, exactly; None for the rest, and if its unit is not known."""
        from fractions import Fraction  # noqa: PLC0415  # with its decimals it would slow every import

        known = getattr(self, length.argument)
        if known is None or length.unit == "rest":
            return None
        if length.unit == "auto":
            asked = untuned_linear(known).steps or 0  # it has an end
            return Fraction(asked if self.total_steps is None else min(asked, self.total_steps))
        number, known = Fraction(repr(length.number)), Fraction(known)
        return {"ep": number * known, "%": number * known / 100}.get(length.unit, number / known)


@checked
def resolve(  # noqa: PLR0913  # one for each unit
    plan: Part,
    *,
    total_steps: Count | None = None,
    steps_per_epoch: Positive | None = None,
    samples_per_step: Positive | None = None,
    tokens_per_step: Positive | None = None,
    beta2: Beta | None = None,
) -> Plan:
    """The plan with every length in whole updates, by largest remainder, so that parts add up to the total.

    Give only the units that the plan uses. `"rest"` is the total less the other parts, `"auto"` is
    2 / (1 - beta2) updates and at most the total. Where other units are given, `total_steps` and `beta2` may be left
    to `Scheduler`: lengths in these then stay as they are.

    >>> from preheat import cosine, warmup
    >>> resolve(warmup("5%") >> cosine(1, 0, steps="rest"), total_steps=1_000)
    linear(0, 1, steps=50) >> cosine(1, 0, steps=950)

    Args:
        plan: any plan; one without such lengths is returned as it is.
        total_steps: the updates of the whole run, for `"%"` and `"rest"`.
        steps_per_epoch: updates in one epoch, for `"ep"`.
        samples_per_step: samples in one update, of all processes and micro-batches, for `"sa"`.
        tokens_per_step: tokens in one update, likewise, for `"tok"`.
        beta2: of the optimizer, for `"auto"`; `Scheduler` reads it itself.

    Raises:
        ValueError: a unit that the plan uses is missing; its parts are longer than the total; a chain has two rests.
        TypeError: `plan` is not a plan, or another argument not a number.
    """
    if not plan.unresolved:
        return plan
    run = Run(total_steps, steps_per_epoch, samples_per_step, tokens_per_step, beta2)
    _check(run, list(lengths_in(plan)))
    exact = _measured(plan, run)
    made: Plan = _fitted(plan, None if exact is None else _within(exact, plan, run), run)
    return made


def _check(run: Run, lengths: Sequence[Length]) -> None:
    """Refuse if a unit is missing, but for those that `Scheduler` may give later when others are resolved now."""
    asked = missing(lengths)
    lacks = [name for name in asked if getattr(run, name) is None]
    late = {"total_steps", "beta2"} if run.total_steps is None else set()  # the last to be known, by a `Scheduler`
    if lacks and (len(lacks) == len(asked) or not late.issuperset(lacks)):
        given = ", ".join(f"{name}=None" for name in lacks)
        asking = [f'"{length}"' for length in dict.fromkeys(lengths) if length.argument in lacks]
        raise ValueError(f"resolve({given}): {' and '.join(lacks)} must be given, for {' and '.join(asking)}")


def _within(exact: Exact, plan: Plan, run: Run) -> int:
    """A whole number of updates, no more than the run has."""
    n = _nearest(exact, run.total_steps)
    if run.total_steps is not None and n > run.total_steps:
        raise ValueError(
            f"resolve(total_steps={run.total_steps}): the parts must be no longer than the total, they take {n} "
            f"updates: {plan!r:.200}"
        )
    return n


def _has_rest(late: Late) -> bool:
    return any(length.unit == "rest" for length in lengths_in(late))


def _measured(late: Late, run: Run) -> Exact | None:
    """The updates it takes, exactly; with a rest all of the run. None if it is endless or unknown."""
    if isinstance(late, Length):
        return run.total_steps if late.unit == "rest" else run.updates(late)
    if not late.unresolved:
        return late.steps
    if id(late) not in run.measured:
        run.measured[id(late)] = run.total_steps if _has_rest(late) else _length_of(late, run)
    return run.measured[id(late)]


def _length_of(plan: Plan, run: Run) -> Exact | None:
    """The updates that a plan takes: its longest length, their sum, or the length of the plan made with them."""
    measured = [_measured(part, run) for part in (plan.plans if isinstance(plan, Chain) else _waiting(plan))]
    exact = [x for x in measured if x is not None]
    if len(exact) < len(measured):
        return None
    if isinstance(plan, Chain):
        return sum(exact) if isinstance(plan, Then) else max(exact)
    floors, steps = _tried(plan, exact, run)
    if steps is None or steps in floors:
        return None if steps is None else max(x for x, floor in zip(exact, floors, strict=True) if floor == steps)
    return sum(exact) if steps == sum(floors) else _remade(plan, _whole(exact), run).steps


def _tried(call: Plan, exact: Sequence[Exact], run: Run) -> tuple[list[int], int | None]:
    """Its lengths rounded down, which breaks no rule between them, and how long it is with these."""
    floors = [int(x) or ceil(x) for x in exact]
    return floors, _remade(call, floors, run).steps


def _fitted(late: Late, n: int | None, run: Run) -> Any:
    """The plan or length in updates, `n` of them in all; None if it is endless, or not everything is known."""
    if isinstance(late, Length):
        return late if n is None else n
    if (id(late), n) not in run.fitted:
        fit: Any = _in_turn if isinstance(late, Then) else _side_by_side if isinstance(late, Chain) else _called
        run.fitted[id(late), n] = fit(late, n, run)
    return run.fitted[id(late), n]


def _called(call: Plan, n: int | None, run: Run) -> Plan:
    """A call: its lengths share its updates; a rest gets those left over."""
    if n is not None and _has_rest(call):
        return _filled_up(call, n, run)
    exact = [_measured(value, run) for value in _waiting(call)]
    return _remade(call, _whole(exact) if n is None else _shared(call, exact, n, run), run)


def _in_turn(chain: Then, n: int | None, run: Run) -> Plan:
    """A chain: its pieces share its updates; one with a rest gets those left over."""
    rests = [k for k, piece in enumerate(chain.plans) if _has_rest(piece)]
    if len(rests) > 1:
        raise ValueError(f'resolve(plan): "rest" must stand once in a chain: {chain!r:.200}')
    exact = [None if k in rests else _measured(piece, run) for k, piece in enumerate(chain.plans)]
    taken = n if n is not None and not rests else _within(sum(x for x in exact if x is not None), chain, run)
    lengths = _whole(exact, taken)
    for k in rests:
        lengths[k] = None if n is None else n - taken
    return _remade(chain, [length for piece, length in zip(chain.plans, lengths, strict=True) if piece.unresolved], run)


def _side_by_side(chain: Chain, n: int | None, run: Run) -> Plan:
    """Plans side by side: the longest take all updates, the others their own."""
    exact = [_measured(piece, run) for piece in chain.plans]
    longest = max((x for x in exact if x is not None), default=None)
    lengths = [
        n if n is not None and x == longest else None if x is None else round(x)
        for piece, x in zip(chain.plans, exact, strict=True)
        if piece.unresolved
    ]
    return _remade(chain, lengths, run)


def _shared(call: Plan, exact: Sequence[Exact], n: int, run: Run) -> list[int | None]:
    """The lengths of a call that is to take `n` updates; what is inside these is not rounded to more than they are."""
    floors, steps = _tried(call, exact, run)
    if steps not in floors:
        return _whole(exact, n if steps == sum(floors) else None)
    inside = [None if floor == steps else x for floor, x in zip(floors, exact, strict=True)]
    taken = sum(x for x in inside if x is not None)
    lengths = _whole(inside, _nearest(taken, n))
    return [n if length is None else length for length in lengths]


def _filled_up(call: Plan, n: int, run: Run) -> Plan:
    """The call with a rest that makes it take `n` updates."""
    waiting = _waiting(call)
    lengths = _whole([None if _has_rest(value) else _measured(value, run) for value in waiting])
    rest = n
    for _ in range(2):  # at first all of it: what is too much then is what the others take
        made = _remade(call, [rest if _has_rest(v) else k for v, k in zip(waiting, lengths, strict=True)], run)
        rest -= (made.steps or n) - n
        if made.steps in (n, None) or rest < 0:
            break
    if made.steps in (n, None):
        return made
    raise ValueError(
        f'resolve(total_steps={run.total_steps}): "rest" must fill {n} updates, and cannot here: {call!r:.200}'
    )


def _whole(exact: Sequence[Exact | None], n: int | None = None) -> list[int | None]:
    """Whole numbers by largest remainder, `n` together or the nearest sum; None stays."""
    known = [x for x in exact if x is not None]
    numbers = iter(rounded([divmod(x, 1) for x in known], round(sum(known)) if n is None else n))
    return [None if x is None else next(numbers) for x in exact]


def _nearest(exact: Exact, most: int | None) -> int:
    """The nearest whole number, unless only rounding takes it above `most`."""
    nearest: int = round(exact)
    return nearest if most is None else min(nearest, max(most, int(exact)))


def _waiting(plan: Plan) -> list[Late]:
    """The arguments of the call that makes a plan which are not in updates yet."""
    _, args, kwargs = plan._call()
    return [value for value in _flat((*args, *kwargs.values())) if _is_late(value)]


def _flat(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        yield from value if isinstance(value, tuple) else (value,)


def _is_late(value: object) -> bool:
    return isinstance(value, Length) or (isinstance(value, Plan) and value.unresolved)


def _remade(plan: Plan, lengths: Iterable[int | None], run: Run) -> Plan:
    """The plan made again, with these lengths in place of those that were not in updates."""
    make, args, kwargs = plan._call()
    given = iter(lengths)

    def put(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(map(put, value))
        return _fitted(value, next(given), run) if _is_late(value) else value

    by_position = [put(value) for value in args]
    return make(*by_position, **{name: put(value) for name, value in kwargs.items()})
