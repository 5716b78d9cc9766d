"""The usual update, made fast: one plan of the lr, and no other hand about.

Its methods take an optimizer and not its groups: where torch compiles what is around them, it looks into every
function that is called with tensors, or with lists that may hold some, and passes over the others.
"""

from collections.abc import Iterable, Sequence
from sys import maxsize
from typing import TYPE_CHECKING, Any

from torch.optim import Optimizer

from preheat._torch.run.group_writer import FEW, Buffer

if TYPE_CHECKING:
    from preheat._torch.run.host import HostBinding

__all__ = ["FastStep", "fast_step_for"]


class FastStep:
    """What stays the same from update to update while one piece of the plan answers and plans, groups and knobs stay.

    It holds no binding, for bindings hold it.
    """

    __slots__ = (
        "bases",
        "began",
        "buffer",
        "by_updates",
        "high",
        "hold",
        "known",
        "low",
        "most",
        "start",
        "stop",
        "value",
    )

    def __init__(self, binding: "HostBinding", at: float) -> None:
        track, panel = binding.tracks[0], binding.writer
        start, stop, self.value = track.shared_plans[0].piece_at(
            at
        )  # what answers from `start` on, as a function from 0
        self.began = start
        self.start = max(int(start), 1)  # at update 0, `call` looks at what lies behind
        self.stop = int(min(stop, binding.end, maxsize))  # Python compares like with like faster
        self.bases: Sequence[Any] | None = track.bases if track.base is None else None  # where they differ
        self.most = track.shared_plans[0].most
        self.low, self.high = float(track.low), float(track.high)
        self.hold: Any = panel.holds[0]
        self.known = panel.known
        self.by_updates = binding.clock == "updates"
        self.buffer: Buffer | None = panel.buffers[0] if panel.buffers else None

    def step(self, binding: "HostBinding", optimizer: Optimizer) -> bool:
        """Do what `HostBinding.call` does, much faster, or nothing where anything is unusual; returns which."""
        groups, known, buffer = optimizer.param_groups, self.known, self.buffer
        updates = binding.updates
        at = updates if self.by_updates else binding.calls + 1
        unusual = updates != binding.met + 1 and self._asks_for_a_look(binding, updates)
        if unusual or not self.start <= at < self.stop or len(groups) != known:
            return False
        if self.bases is not None:
            return self._step_each(binding, optimizer, at)
        if buffer is None:
            held = binding.writer.written[0]
            for group in groups if known <= FEW else (groups[0], groups[at % known]):
                if group["lr"] is not held:
                    return False
        elif not _as_left(optimizer, buffer):
            return False
        new = self.most * self.value(at - self.began)
        if not self.low <= new < self.high:
            return False
        binding.writing = True
        if buffer is None:
            for group in groups:
                group["lr"] = new
        else:
            buffer.fill(new)
        binding.writer.written = (new,)
        binding.shown, binding.calls, binding.met = at, binding.calls + 1, updates
        binding.writing = False
        return True

    def _asks_for_a_look(self, binding: "HostBinding", updates: int) -> bool:
        """Whether a call that did not find one new update found several, or none like many calls before it."""
        if updates != binding.met:
            return True
        return self.by_updates and not binding.idle.few(updates, binding.calls)

    def _step_each(self, binding: "HostBinding", optimizer: Optimizer, at: int) -> bool:
        """The same where the groups, all of numbers, have bases of their own."""
        known = self.known
        if not self._hold(binding, optimizer, range(known) if known <= FEW else (0, at % known)):
            return False
        factor, bases = self.value(at - self.began), self.bases or ()
        if not self.low <= self.most * factor < self.high:  # no base is below 0
            return False
        binding.writing = True
        for group, base in zip(optimizer.param_groups, bases, strict=True):
            group["lr"] = base * factor
        self.hold.latest = optimizer.param_groups[0]["lr"]
        binding.writer.written = ((bases, factor),)
        binding.shown, binding.calls, binding.met = at, binding.calls + 1, binding.updates
        binding.writing = False
        return True

    def _hold(self, binding: "HostBinding", optimizer: Optimizer, which: Iterable[int]) -> bool:
        """Whether these groups hold what bases of their own have given them."""
        groups, bases = optimizer.param_groups, self.bases or ()
        row: Any = binding.writer.written[0]
        factor = row[1]
        for k in which:
            held = groups[k]["lr"]
            if held != bases[k] * factor or held.__class__ is not float:
                return False
        return True

    def finds(self, binding: "HostBinding", optimizer: Optimizer) -> bool:
        """Whether an update finds all groups as they were left, and is none of which anything is to be said."""
        groups = optimizer.param_groups
        if not binding.updates - 1 <= binding.shown < self.stop or len(groups) != self.known:
            return False
        if not binding.calls or not binding.monitor.settled:
            return False
        if self.bases is not None:
            return self._hold(binding, optimizer, range(self.known))
        if self.buffer is not None:
            return _as_left(optimizer, self.buffer)
        held = binding.writer.written[0]
        for group in groups:  # noqa: SIM110  # all() would take twice the time
            if group["lr"] is not held:
                return False
        return True


def fast_step_for(binding: "HostBinding", at: float) -> FastStep | None:
    """The usual update from an index on; None where updates are not usual."""
    track, panel = binding.tracks[0], binding.writer
    alone = len(binding.tracks) == 1 and track.knob.path == "lr" and track.together and None not in track.bases
    alike = not panel.buffers or [len(buffer.places) for buffer in panel.buffers] == [panel.known]
    if not alone or not alike or (panel.buffers and track.base is None) or binding.auto or binding.clock == "manual":
        return None
    if binding.idle.watch is not None:
        return None
    return FastStep(binding, at)


def _as_left(optimizer: Optimizer, buffer: Buffer) -> bool:
    """Whether all groups hold their views of a buffer, and nobody else has written it."""
    if buffer.writes() != buffer.version:
        return False
    for group, view in zip(optimizer.param_groups, buffer.views, strict=True):  # noqa: SIM110  # likewise
        if group["lr"] is not view:
            return False
    return True
