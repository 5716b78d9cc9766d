"""A snapshot of a run: weights, optimizer, scaler, random numbers, order of the data."""

import random
import sys
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.optim import Optimizer

__all__ = ["Restore", "Snapshot", "random_numbers"]

Restore = Callable[[], None]  # as often as you like


class Snapshot:
    """The state of the model, the optimizer and everything else that a training step changes.

    `restore()` brings it back, as often as it is called: tensors in place and bit for bit, gradients and training modes
    included.
    """

    def __init__(self, model: nn.Module, optimizer: Optimizer, others: Sequence[Any], data: Any) -> None:
        devices = {parameter.device.type for parameter in model.parameters()}
        self._restores = [
            _model(model),
            _optimizer(optimizer),
            *[_stateful(one) for one in (*others, data) if hasattr(one, "load_state_dict")],
            *[_scaler(one) for one in others if hasattr(one, "_per_optimizer_states")],
            *_generators(data),
            random_numbers(devices),
        ]

    def restore(self) -> None:
        """Bring everything back."""
        for restore in self._restores:
            restore()


def random_numbers(devices: set[str]) -> Restore:
    """The present states of the generators of Python, NumPy and torch; NumPy's only if it is imported."""
    numpy = sys.modules.get("numpy")
    modules = [torch.get_device_module(device) for device in sorted(devices)]
    states = [
        (random.setstate, random.getstate()),
        (torch.set_rng_state, torch.get_rng_state()),
        *([(numpy.random.set_state, numpy.random.get_state())] if numpy else []),
        *[(one.set_rng_state_all, one.get_rng_state_all()) for one in modules if hasattr(one, "get_rng_state_all")],
    ]

    def restore() -> None:
        for set_state, state in states:
            set_state(state)

    return restore


def _model(model: nn.Module) -> Restore:
    modes = [(module, module.training) for module in model.modules()]
    tensors = [(tensor, tensor.detach().clone()) for tensor in (*model.parameters(), *model.buffers())]
    gradients = [(p, p.grad, None if p.grad is None else p.grad.clone()) for p in model.parameters()]
    extra = {name: deepcopy(got) for name, got in model.state_dict().items() if name.endswith("_extra_state")}

    @torch.no_grad()
    def restore() -> None:
        for module, mode in modes:
            module.training = mode
        for tensor, values in tensors:
            tensor.copy_(values)
        for parameter, gradient, copied in gradients:
            parameter.grad = gradient if gradient is None or copied is None else gradient.copy_(copied)
        if extra:
            model.load_state_dict(deepcopy(extra), strict=False)

    return restore


def _optimizer(optimizer: Optimizer) -> Restore:
    """Without `load_state_dict`, which casts the state to the parameter's dtype and replaces tensors in the groups."""
    state = {parameter: deepcopy(values) for parameter, values in optimizer.state.items()}
    groups = [(group, {name: _value(got) for name, got in group.items()}) for group in optimizer.param_groups]

    def restore() -> None:
        optimizer.state.clear()
        optimizer.state.update({parameter: deepcopy(values) for parameter, values in state.items()})
        optimizer.param_groups[:] = [group for group, _ in groups]
        for group, values in groups:
            group.clear()
            group.update({name: value() for name, value in values.items()})

    return restore


def _value(got: Any) -> Callable[[], Any]:
    """A value of a group; a tensor stays the same object, in the list of parameters too."""
    if not isinstance(got, Tensor):
        return lambda: got
    values = got.detach().clone()
    return lambda: got.copy_(values)


def _stateful(one: Any) -> Restore:
    state = deepcopy(one.state_dict())
    return lambda: one.load_state_dict(deepcopy(state))


def _scaler(scaler: Any) -> Restore:
    """The stage between `unscale_` and `update`, which a `GradScaler` keeps outside its `state_dict`."""
    return lambda: scaler._per_optimizer_states.clear()  # noqa: PLW0108  # `update` replaces the dict


def _generators(data: Any) -> list[Restore]:
    """The generators of a `DataLoader` and its sampler, which give the order of the data."""
    sampler = getattr(data, "sampler", None)
    found = [getattr(one, "generator", None) for one in (data, sampler)]
    return [_generator(one) for one in found if isinstance(one, Generator)]


def _generator(generator: Generator) -> Restore:
    state = generator.get_state()

    def restore() -> None:
        generator.set_state(state)

    return restore
