"""The usual update, made fast: one plan of the lr, and no other hand about.

These functions take an optimizer and not its groups: where torch compiles what is around them, it looks into every
function that is called with tensors, or with lists that may hold some, and passes over the others.
"""

from typing import TYPE_CHECKING, Any

from torch.optim import Optimizer

from preheat._torch._panel import FEW, Buffer

if TYPE_CHECKING:
    from preheat._torch._host import HostBinding

__all__ = ["looked", "stride", "usual_of"]


def usual_of(binding: "HostBinding") -> tuple[Any, ...]:
    """What is needed below and stays the same until plans, groups or knobs change; nothing where it is not usual."""
    track, panel = binding.tracks[0], binding.panel
    alone = len(binding.tracks) == 1 and track.knob.path == "lr" and track.base is not None
    alike = not panel.buffers or [len(buffer.places) for buffer in panel.buffers] == [panel.known]
    if not alone or not alike or binding.auto or binding.clock == "manual":
        return ()
    buffer, strand = (panel.buffers[0] if panel.buffers else None), track.strands[0]
    of_plan = strand.value, strand.joined, track.base, track.bases, track.low, track.high
    return *of_plan, panel.known, binding.end, binding.clock == "updates", buffer


def stride(binding: "HostBinding", optimizer: Optimizer) -> bool:
    """Do what `HostBinding.call` does, much faster, or nothing where anything is unusual; returns which."""
    if not binding.usual:
        return False
    value, began, base, bases, low, high, known, end, by_updates, buffer = binding.usual
    updates, panel, groups = binding.updates, binding.panel, optimizer.param_groups
    at = updates if by_updates else binding.calls + 1
    if not 0 < at < end or updates > binding.met + 1 or len(groups) != known:
        return False
    if buffer is None:
        for group in groups if known <= FEW else (groups[0], groups[at % known]):
            if group["lr"] is not panel.written[0][2]:
                return False
    elif not _as_left(optimizer, buffer):
        return False
    factor = value(at - began if at > began else 0.0)
    if not low <= (new := base * factor) < high:
        return False
    binding.writing = True
    if buffer is not None:
        buffer.fill(new)
    else:
        for group in groups:
            group["lr"] = new
    panel.written = ((bases, factor, new),)
    binding.shown, binding.calls, binding.met, binding.writing = at, binding.calls + 1, updates, False
    return True


def looked(binding: "HostBinding", optimizer: Optimizer) -> bool:
    """Whether an update finds all groups as they were left, and is none of which anything is to be said."""
    if not binding.usual or not binding.watch.settled or not binding.calls:
        return False
    _, _, _, _, _, _, known, end, _, buffer = binding.usual
    if len(optimizer.param_groups) != known or not binding.updates <= binding.shown + 1 <= end:
        return False
    if buffer is not None:
        return _as_left(optimizer, buffer)
    value = binding.panel.written[0][2]
    for group in optimizer.param_groups:  # noqa: SIM110  # all() would take twice the time
        if group["lr"] is not value:
            return False
    return True


def _as_left(optimizer: Optimizer, buffer: Buffer) -> bool:
    """Whether all groups hold their views of a buffer, and nobody else has written it."""
    if buffer.memory._version != buffer.version:
        return False
    for group, view in zip(optimizer.param_groups, buffer.views, strict=True):  # noqa: SIM110  # likewise
        if group["lr"] is not view:
            return False
    return True
