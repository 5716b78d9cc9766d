"""From what a user passes to bindings: optimizers found, knobs and plans paired, groups matched, ranges checked."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from weakref import WeakSet

from torch.optim import Optimizer

from preheat._torch.bind.beta2 import known_of
from preheat._torch.bind.inner import Inside, watch_inside
from preheat._torch.bind.plan_checks import examine
from preheat._torch.bind.tensor_checks import device_of, fit_device, fit_tensors
from preheat._torch.run.binding import CLOCKS, Binding
from preheat._torch.run.device import DeviceBinding
from preheat._torch.run.host import HostBinding
from preheat._torch.run.knob import Groups, Knob
from preheat._torch.run.knob_schedule import KnobSchedule, plans_of

__all__ = ["ENDED", "Modes", "bind", "drive", "drivers", "pairs_of", "real"]

Spec = tuple[Knob, dict[Any, Any], bool]

ENDED: WeakSet[Optimizer] = WeakSet()  # whose Scheduler the user has closed
DEEPEST = 8  # wrappers inside each other
INNER = ("optimizer", "base_optimizer", "_optimizer", "_base_optimizer", "base", "optim")  # what they hold, by name
HOOKS = {"_optimizer_step_pre_hooks", "_optimizer_step_post_hooks", "_optimizer_load_state_dict_post_hooks"}


def real(optimizer: Any, clock: str) -> Optimizer:
    """The optimizer whose hooks work, found through wrappers such as Accelerate's.

    Raises:
        TypeError: there is none.
    """
    inner = optimizer
    for _ in range(DEEPEST):
        if has_hooks(inner):
            return inner  # type: ignore[no-any-return]  # it has an optimizer's hooks
        inner = next((held for name in INNER if (held := getattr(inner, name, None)) is not None), None)
    if clock == "calls" and hasattr(optimizer, "param_groups"):
        return optimizer  # type: ignore[no-any-return]  # it has an optimizer's groups
    if any(hasattr(optimizer, name) for name in INNER) or hasattr(optimizer, "param_groups"):
        way = 'pass the inner optimizer, or clock="calls"'
    else:
        way = "it comes first, the plan second: Scheduler(optimizer, plan)"
    who = f"Scheduler(optimizer={type(optimizer).__name__})"
    raise TypeError(f"{who}: optimizer must be a torch Optimizer with working hooks; {way}")


def pairs_of(plan: Any, lr: Any, scale: Mapping[str, Any] | None, values: Mapping[str, Any] | None) -> list[Spec]:
    """Each knob with its plans, and whether they multiply.

    Raises:
        ValueError: no knob is given, or one twice.
        TypeError: scale or values is no dict; a plan is none.
    """
    specs: dict[str, Spec] = {}
    for argument, path, given, scaled in _given(plan, lr, scale, values):
        if path in specs:
            raise ValueError(
                f"Scheduler({argument}=...): {path} must be given once; plan and scale multiply it, lr and values set "
                "it"
            )
        specs[path] = (Knob(path), plans_of(argument, given), scaled)
    if not specs:
        raise ValueError(
            "Scheduler(plan=None): a plan must be given; plan multiplies the lr, lr= sets it, scale= and values= do "
            "so with any knob"
        )
    return list(specs.values())


def _given(plan: Any, lr: Any, scale: Any, values: Any) -> Iterator[tuple[str, str, Any, bool]]:
    """The argument's name, the knob, what is given for it, and whether it multiplies."""
    arguments = [("plan", "lr", plan, True), ("lr", "lr", lr, False)]
    for name, mapping, scaled in (("scale", scale, True), ("values", values, False)):
        if mapping is not None and not isinstance(mapping, Mapping):
            raise TypeError(f"Scheduler({name}={mapping!r:.60}): {name} must be a dict from knob to plan")
        arguments += [(f"{name}[{knob!r}]", knob, given, scaled) for knob, given in (mapping or {}).items()]
    return (argument for argument in arguments if argument[2] is not None)


class Modes(NamedTuple):
    """How a scheduler counts, who writes, and where."""

    clock: str
    auto: bool
    on_device: bool
    total_steps: int | None


def bind(optimizers: Sequence[Optimizer], specs: Sequence[Spec], modes: Modes) -> list[Binding]:
    """A binding for each optimizer, checked, and not yet at work.

    Raises:
        ValueError: a key matches no group, a group no key, a value leaves its knob's range, every base is 0; the
            optimizer cannot do with a tensor what is asked.
    """
    _check_modes(optimizers, modes)
    bindings, total = [], modes.total_steps
    known = known_of([plan for _, plans, _ in specs for plan in plans.values()], optimizers, total)
    for number, optimizer in enumerate(optimizers):
        which = number if len(optimizers) > 1 else None
        tracks = [
            KnobSchedule(knob, plans, scaled=scaled, number=which, horizon=known) for knob, plans, scaled in specs
        ]
        binding = _binding(optimizer, tracks, modes)
        binding.adopt(optimizer.param_groups, 0)
        binding.monitor.untrained = not optimizer.state
        binding.monitor.sought = optimizer in ENDED  # a second stage begins at its own update 0, knowingly
        fit_tensors(optimizer, tracks, promoted=modes.on_device)
        if (replaced := _to_replace(optimizer, binding)) is not None:
            _take_over(binding, replaced, optimizer.param_groups)
        bindings.append(binding)
        binding.monitor.said = bindings[0].monitor.said  # once for all of them
    for of_knob in zip(*(binding.tracks for binding in bindings), strict=True):
        _check_keys(of_knob, optimizers)
        _check_bases(of_knob, optimizers)
        examine(of_knob, total_steps=total if modes.clock == "updates" else None)
    return bindings


def _binding(optimizer: Optimizer, tracks: Sequence[KnobSchedule], modes: Modes) -> Binding:
    if not modes.on_device:
        return HostBinding(tracks, clock=modes.clock, auto=modes.auto)
    fit_device(optimizer, tracks)
    return DeviceBinding(tracks, clock=modes.clock, auto=modes.auto, device=device_of(optimizer))


def drive(optimizer: Optimizer, binding: Binding) -> Binding | None:
    """Put a binding to work; returns the one that drove the same knobs, which is to be closed."""
    replaced = _to_replace(optimizer, binding)
    binding.lay()
    inside = Inside(optimizer, binding)
    binding.rewrite(optimizer.param_groups)
    if has_hooks(optimizer):
        binding.attach(optimizer)
        watch_inside(optimizer, binding, inside)
    ENDED.discard(optimizer)
    return replaced


def has_hooks(optimizer: object) -> bool:
    """Whether an optimizer has all the hooks that drive a binding; some wrappers have a part of them."""
    return getattr(optimizer, "__dict__", {}).keys() >= HOOKS


def _check_modes(optimizers: Sequence[Optimizer], modes: Modes) -> None:
    clock, auto, on_device, _ = modes
    if not optimizers or len(set(map(id, optimizers))) < len(optimizers):
        raise ValueError(
            f"Scheduler(optimizer=[{len(optimizers)} optimizers]): there must be one or more, each given once"
        )
    if clock not in tuple(CLOCKS):
        raise ValueError(f"Scheduler(clock={clock!r}): clock must be one of {', '.join(map(repr, CLOCKS))}")
    for name, got in (("auto", auto), ("on_device", on_device)):
        if not isinstance(got, bool):
            raise TypeError(f"Scheduler({name}={got!r}): {name} must be True or False")
    if auto and clock == "calls":
        raise ValueError('Scheduler(auto=True, clock="calls"): clock must be "updates" where the optimizer drives')
    if on_device and clock == "manual":
        raise ValueError(
            'Scheduler(on_device=True, clock="manual"): clock must be "updates" or "calls", for advance() moves on the '
            "host"
        )


def drivers(optimizer: Optimizer) -> list[Binding]:
    """The bindings at work on an optimizer, which are its hooks'."""
    hooks = getattr(optimizer, "_optimizer_step_pre_hooks", {}).values()
    return [hook.__self__ for hook in hooks if isinstance(getattr(hook, "__self__", None), Binding)]


def _to_replace(optimizer: Optimizer, binding: Binding) -> Binding | None:
    """The binding at work on the same knobs.

    Raises:
        ValueError: one drives some of the knobs and not the same ones.
    """
    own = {track.knob.path for track in binding.tracks}
    for other in drivers(optimizer):
        theirs = {track.knob.path for track in other.tracks}
        if other is binding or not own & theirs:
            continue
        if own != theirs:
            raise ValueError(
                f"Scheduler(knobs={sorted(own)}): another Scheduler drives {sorted(theirs)} of this optimizer; "
                "they must be the same knobs or other ones; close() the first"
            )
        return other
    return None


def _take_over(binding: Binding, first: Binding, groups: Groups) -> None:
    """Take the bases from the binding that is being replaced, but for knobs that another hand has written since."""
    by_path = {track.knob.path: (number, track) for number, track in enumerate(first.tracks)}
    binding.monitor.settled = True
    for track in binding.tracks:
        number, old = by_path[track.knob.path]
        foreign = () if first.stale or not first.writer.written else first.writer.foreign(groups, number)
        for index, (group_state, before) in enumerate(zip(track.group_states, old.group_states, strict=False)):
            if group_state is not None and before is not None and index not in foreign:
                group_state.base = group_state.found = before.base
                group_state.initial = before.initial


def _check_keys(tracks: Sequence[KnobSchedule], optimizers: Sequence[Optimizer]) -> None:
    members = [
        (track, group, index)
        for track, optimizer in zip(tracks, optimizers, strict=True)
        for index, group in enumerate(optimizer.param_groups)
    ]
    matched = {key for track, group, index in members for key in track.keys_of(group, index)}
    lonely = tracks[0].history.given.keys() - matched
    if lonely:
        names = [group.get("name", track.index_of(index)) for track, group, index in members]
        raise ValueError(
            f"Scheduler({tracks[0].argument}={{...}}): the key {min(lonely, key=repr)!r} must match a group; "
            f"there are {', '.join(map(repr, names))}"
        )


def _check_bases(tracks: Sequence[KnobSchedule], optimizers: Sequence[Optimizer]) -> None:
    knob = tracks[0].knob.path
    group_states = [group_state for track in tracks for group_state in track.group_states if group_state is not None]
    if not group_states:
        raise ValueError(
            f"Scheduler({tracks[0].argument}={{...}}): at least one group must have a plan; None leaves one alone"
        )
    loaded = any(group.get("initial_lr") for optimizer in optimizers for group in optimizer.param_groups)
    if (
        tracks[0].scaled and not loaded and not any(group_state.base for group_state in group_states)
    ):  # of a loaded one the state may follow
        remedy = "lr= sets the lr itself" if knob == "lr" else f"values={{{knob!r}: ...}} sets it"
        raise ValueError(f"Scheduler({tracks[0].given_text}): it multiplies {knob}=0 in every group; {remedy}")
