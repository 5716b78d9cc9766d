"""Updates that no hook of the bound optimizer sees: noticed after a few idle calls of `step()`, and told apart.

While calls are idle, a watch looks at three things: whether a bound parameter gets a gradient, whether parameters move,
and which other optimizers step. It refers to the optimizer weakly and only the binding refers to it, so dropping the
optimizer removes its hooks.
"""

from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakSet, ref

import torch
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_post_hook
from torch.utils.hooks import RemovableHandle

from preheat._torch.bind.build import drivers
from preheat._torch.misuse.moves import Moves, telling
from preheat._torch.run.binding import Binding

__all__ = ["UpdateWatch", "look_for_updates"]

SUSPICIOUS = 4  # looks without a gradient after which other optimizers are watched too
WAIT = 20  # looks without a gradient after which a row is explained
LONGEST = 500  # looks at one row
IN_A_ROW, IN_ALL = 3, 8  # moves that must be training: at so many calls in a row, or in all where gradients are seen


def look_for_updates(pairs: Sequence[tuple[Binding, Optimizer]]) -> bool:
    """Look into rows of idle calls that have become long; returns whether there is something to say."""
    loud = False
    for binding, optimizer in pairs:
        if binding.idle.calls >= binding.idle.limit and not _is_capturing():
            loud = _look(binding, optimizer) or loud
    return loud


def _is_capturing() -> bool:
    """Whether a CUDA graph is being captured, which would replay whatever is done now."""
    return torch.cuda.is_initialized() and torch.cuda.is_current_stream_capturing()


def _look(binding: Binding, optimizer: Optimizer) -> bool:
    idle = binding.idle
    if idle.watch is None:
        binding.invalidate()  # so that the pre-hook of the next update ends the watch
        idle.watch = UpdateWatch(optimizer, binding.position.updates)
        return False
    watch, sentence = idle.watch, idle.watch.look(idle.calls)
    if sentence is None:
        return False
    idle.settle()
    binding.invalidate()
    if sentence and binding.position.updates == watch.updates:  # a graph that is replayed counts without any hook
        binding.monitor.warn_once("hidden", sentence)
    return bool(sentence)


class UpdateWatch:
    """What happens to the parameters of an optimizer, and around it, over a row of idle calls."""

    def __init__(self, optimizer: Optimizer, updates: int) -> None:
        self.optimizer = ref(optimizer)
        self.updates = updates  # counted so far
        self.looks = 0
        self.gradient_seen = False
        self.others: dict[str, str] = {}  # other optimizers that step: what they are to this one, and a name
        self.met: WeakSet[Optimizer] | None = None  # of them; None while they are not watched
        self.handles: list[RemovableHandle] = []
        parameters = telling(optimizer)
        self.moves = Moves(parameters)
        learning = [parameter for parameter in parameters if parameter.is_leaf and parameter.requires_grad]
        for parameter in learning:
            self.handles.append(parameter.register_post_accumulate_grad_hook(_weakly(self._gradient)))
        # FSDP puts gradients into its own parameters past these hooks.
        self.trusts_hooks = any(not _is_sharded(parameter) for parameter in learning)

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Remove the hooks."""
        for handle in self.handles:
            handle.remove()
        self.handles = []

    def look(self, calls: int) -> str | None:
        """Look once more.

        Args:
            calls: idle ones in a row.

        Returns:
            A sentence to say, "" where all is well, or None while that cannot be told.
        """
        self.looks += 1
        quiet = self.looks >= WAIT and not self.gradient_seen
        self.moves.look(now=quiet)
        if (self.moves.seen or (self.looks >= SUSPICIOUS and not self.gradient_seen)) and self.met is None:
            self.met = WeakSet()
            self.handles.append(register_optimizer_step_post_hook(_weakly(self._stepped)))
        elif self.moves.in_a_row >= IN_A_ROW or (self.gradient_seen and self.moves.in_all >= IN_ALL):
            return self._moved(calls)
        elif quiet:
            return self._still(calls)
        return "" if self.looks >= LONGEST else None

    def _gradient(self, *_: object) -> None:
        self.gradient_seen = True

    def _stepped(self, other: Optimizer, *_: object) -> None:
        optimizer = self.optimizer()
        if optimizer is not None and other is not optimizer and self.met is not None and other not in self.met:
            self.met.add(other)
            self.others.setdefault(_relation(other, optimizer), _name_of(other, optimizer))

    def _moved(self, calls: int) -> str:
        if "same" not in self.others and "driven" in self.others:  # two optimizers of one network, in turn
            return ""
        which = self.others.get("same", "the optimizer that steps")
        return (
            f"Scheduler: step() was called {calls} times and no update was counted, but the parameters moved, so they "
            f'are stepped elsewhere; pass {which}, or clock="calls"'
        )

    def _still(self, calls: int) -> str:
        who = f"Scheduler: step() was called {calls} times and no update was counted"
        if (which := self.others.get("same") or self.others.get("copy")) is not None:
            return f"{who}, but a copy of the optimizer steps; pass {which}"
        if self.others or not self.trusts_hooks:
            return ""
        return (
            f"{who} and no gradient seen; pass the optimizer that steps; or, to fast-forward or to plot, use seek(k), "
            'plan.values() or clock="calls"'
        )


def _weakly(method: Callable[..., None]) -> Callable[..., Any]:
    """A hook that calls a method, and keeps nothing alive."""
    watch, function = ref(method.__self__), method.__func__  # type: ignore[attr-defined]  # a bound method

    def hook(*arguments: Any) -> Any:
        alive = watch()
        return None if alive is None else function(alive, *arguments)

    return hook


def _relation(other: Optimizer, optimizer: Optimizer) -> str:
    """What another optimizer is to the bound one: on the same parameters, a copy with its model, or neither."""
    theirs, ours = _parameters(other), _parameters(optimizer)
    same = not {id(one) for one in ours}.isdisjoint(map(id, theirs))
    if drivers(other):
        return "driven" if same else "apart"
    if same:
        return "same"
    alike = type(other) is type(optimizer) and [one.shape for one in theirs] == [one.shape for one in ours]
    return "copy" if alike else "apart"


def _name_of(other: Optimizer, optimizer: Optimizer) -> str:
    """What the user calls it, where it lies inside of the bound one, else its class."""
    for name, held in vars(optimizer).items():
        if held is other:
            return f"optimizer.{name}"
    return f"the {type(other).__name__} that steps"


def _parameters(optimizer: Optimizer) -> list[torch.Tensor]:
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def _is_sharded(parameter: torch.Tensor) -> bool:
    return hasattr(parameter, "to_local") or getattr(parameter, "_fsdp_flattened", False)
