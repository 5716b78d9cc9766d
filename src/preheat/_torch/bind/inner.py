"""Optimizers that hold others: whether values written outside arrive inside, and groups that an inner load replaces.

An inner optimizer with group dicts of its own is only suspected: torch's `ZeroRedundancyOptimizer` copies the outer
ones into them at every step. So the knobs inside are compared before each update, until they have followed.
"""

from collections.abc import Callable, Iterator, Sequence
from weakref import ref

from torch.optim import Optimizer
from torch.utils.hooks import RemovableHandle

from preheat._torch.run.binding import Binding
from preheat._torch.run.knob import Groups, Knob

__all__ = ["Inside", "watch_inside"]


def inner_optimizers(optimizer: Optimizer) -> Iterator[tuple[str, Optimizer, str]]:
    """Each optimizer held by an attribute: the attribute, the optimizer, and how to write all that it holds."""
    for name, held in getattr(optimizer, "__dict__", {}).items():
        if isinstance(held, Optimizer):
            yield name, held, f"optimizer.{name}"
        elif isinstance(held, list | tuple | dict):
            inside = held.values() if isinstance(held, dict) else held
            way = f"list(optimizer.{name}.values())" if isinstance(held, dict) else f"optimizer.{name}"
            yield from ((name, one, way) for one in inside if isinstance(one, Optimizer))


class Inside:
    """What the knob of one kind held at bind in the optimizers inside: made before anything is written."""

    def __init__(self, optimizer: Optimizer, binding: Binding) -> None:
        ours = {id(group) for group in optimizer.param_groups}
        found = list(inner_optimizers(optimizer))
        self.knob = binding.tracks[0].knob
        self.shared = [one for _, one, _ in found if any(id(group) in ours for group in one.param_groups)]
        apart = [(one, way) for _, one, way in found if not any(id(group) in ours for group in one.param_groups)]
        self.suspected = [(ref(one), _values(one, self.knob)) for one, _ in apart]
        self.at_bind = _values(optimizer, self.knob)
        ways = list(dict.fromkeys(way for _, way in apart))
        self.way = ways[0] if len(ways) == 1 else f"[{', '.join(ways)}]"


def watch_inside(optimizer: Optimizer, binding: Binding, inside: Inside) -> None:
    """Have the optimizer's hooks compare what is suspected, and follow inner loads; the binding's handles end both."""
    if inside.suspected:
        check = Check(inside)
        check.handle = optimizer.register_step_pre_hook(check)
        binding.handles.append(check.handle)
    for one in inside.shared:
        binding.handles.append(one.register_load_state_dict_post_hook(_following(optimizer, binding, one)))


class Check:
    """The pre-hook of a suspected container; it removes itself once every optimizer inside has followed."""

    handle: RemovableHandle

    def __init__(self, inside: Inside) -> None:
        self.knob, self.way, self.suspected = inside.knob, inside.way, inside.suspected
        self.at_bind = inside.at_bind
        self.given: set[float] = set()  # what the groups outside held at the update before this one

    def __call__(self, optimizer: Optimizer, args: object, kwargs: object) -> None:
        """Compare.

        Raises:
            RuntimeError: the groups outside have held something new for an update, and an optimizer inside has not.
        """
        del args, kwargs
        waiting = [
            (one, at_bind)
            for one, at_bind in self.suspected
            if (held := one()) is not None and _values(held, self.knob) == at_bind
        ]
        if self.given and any(self.given.isdisjoint(self.at_bind + at_bind) for _, at_bind in waiting):
            who = f"Scheduler(optimizer={type(optimizer).__name__})"
            raise RuntimeError(
                f"{who}: {self.knob.path} does not reach the optimizers inside; pass them: Scheduler({self.way}, ...)"
            )
        self.suspected, self.given = waiting, set(_values(optimizer, self.knob))
        if not waiting:
            self.handle.remove()


def _values(optimizer: Optimizer, knob: Knob) -> list[float]:
    return [knob.read(group) for group in optimizer.param_groups if knob.key in group]


def _following(optimizer: Optimizer, binding: Binding, inner: Optimizer) -> Callable[[Optimizer], None]:
    """A hook that puts the group dicts an inner load has made in the place of those that were shared."""
    outer, places = ref(optimizer), _places(optimizer.param_groups, inner.param_groups)

    def follow(loaded: Optimizer) -> None:
        if (one := outer()) is not None:
            for place, index in places.items():
                one.param_groups[place] = loaded.param_groups[index]
            binding.reloaded(one)

    return follow


def _places(groups: Groups, inner: Sequence[object]) -> dict[int, int]:
    """For each group outside that is one inside: the index there."""
    indices = {id(group): index for index, group in enumerate(inner)}
    return {place: indices[id(group)] for place, group in enumerate(groups) if id(group) in indices}
