"""`NoamOpt`: the published wrapper's rates and states, wherever an optimizer is expected."""

import warnings
from math import inf, nan

import pytest
import torch

from preheat import PreheatWarning
from preheat.torch import NoamOpt


def adam(*, lr=0.0, groups=1):
    torch.manual_seed(0)
    made = [{"params": [torch.nn.Parameter(torch.randn(4))]} for _ in range(groups)]
    return torch.optim.Adam(made, lr=lr, betas=(0.9, 0.98), eps=1e-9)


def train(wrapper, steps):
    """Take steps; the lr of every group at each, and the weights at the end."""
    used = []
    weights = [weight for group in wrapper.optimizer.param_groups for weight in group["params"]]
    for _ in range(steps):
        wrapper.optimizer.zero_grad()
        sum((weight**2).sum() for weight in weights).backward()
        wrapper.step()
        used.append([float(group["lr"]) for group in wrapper.optimizer.param_groups])
    return used, [weight.detach().clone() for weight in weights]


class Published:
    """The class that people have: it counts from 1 and sets the rate in every group; its state is its attributes."""

    def __init__(self, model_size, warmup, optimizer):
        self.optimizer, self.model_size, self.warmup = optimizer, model_size, warmup
        self._step, self._rate = 0, 0

    def state_dict(self):
        return {name: held for name, held in vars(self).items() if name != "optimizer"}

    def load_state_dict(self, state):
        vars(self).update(state)

    def rate(self, step):
        return self.model_size**-0.5 * min(step**-0.5, step * self.warmup**-1.5)

    def step(self):
        self._step += 1
        self._rate = self.rate(self._step)
        for group in self.optimizer.param_groups:
            group["lr"] = self._rate
        self.optimizer.step()


@pytest.mark.parametrize(("step", "rate"), [
    (1, 1.746928107e-07), (2, 3.493856215e-07), (4000, 6.987712430e-04), (4001, 6.986839129e-04),
    (100_000, 1.397542486e-04),
])  # fmt: skip
def test_the_papers_rates(step, rate):
    assert NoamOpt(512, 4000, adam()).rate(step) == pytest.approx(rate, rel=1e-9)


def test_the_rate_of_step_0_is_0():
    assert NoamOpt(512, 4000, adam()).rate(0) == NoamOpt(512, 4000, adam()).rate() == 0.0


def test_every_step_uses_the_published_rate_in_every_group():
    ours, published = train(NoamOpt(16, 8, adam(groups=2)), 40), train(Published(16, 8, adam(groups=2)), 40)
    for used, expected in zip(ours[0], published[0], strict=True):
        assert used == pytest.approx(expected, rel=1e-15)
    torch.testing.assert_close(ours[1], published[1], rtol=1e-6, atol=0)


def test_the_first_step_uses_rate_1_and_the_rate_is_that_of_the_last_step():
    wrapper = NoamOpt(4, 4, adam())
    used, _ = train(wrapper, 2)
    assert used == [[wrapper.rate(1)], [wrapper.rate(2)]] == [[0.0625], [0.125]]
    assert wrapper.rate() == wrapper._rate == 0.125


def test_the_factor_multiplies_every_rate():
    plain, doubled = NoamOpt(512, 4000, adam()), NoamOpt(512, 4000, adam(), factor=2)
    assert [doubled.rate(step) for step in (0, 1, 5000)] == [2 * plain.rate(step) for step in (0, 1, 5000)]


def test_a_tensor_lr_is_written_in_place():
    optimizer = adam(lr=torch.tensor(1.0))
    held = optimizer.param_groups[0]["lr"]
    used, _ = train(NoamOpt(4, 4, optimizer), 2)
    assert optimizer.param_groups[0]["lr"] is held
    assert used == [[0.0625], [0.125]]


def test_its_own_state_resumes_to_the_last_bit(tmp_path):
    whole = train(NoamOpt(16, 8, adam(), factor=2.0), 20)
    first = NoamOpt(16, 8, adam(), factor=2.0)
    _, weights = train(first, 7)
    torch.save(first.state_dict(), tmp_path / "state")

    second = NoamOpt(1, 1, adam())
    with torch.no_grad():
        second.param_groups[0]["params"][0].copy_(weights[0])
    second.load_state_dict(torch.load(tmp_path / "state", weights_only=True))
    used, weights = train(second, 13)
    assert used == whole[0][7:]
    assert torch.equal(weights[0], whole[1][0])


@pytest.mark.parametrize("factor", [{}, {"factor": 1.0}], ids=["without factor", "with factor"])
def test_a_state_of_the_published_class_loads_with_a_warning(factor):
    published = Published(16, 8, adam())
    train(published, 7)
    ours = NoamOpt(1, 1, adam())
    with pytest.warns(PreheatWarning) as said:
        ours.load_state_dict(published.state_dict() | factor)
    assert str(said[0].message) == (
        "NoamOpt.load_state_dict(): the state holds no optimizer_state, so Adam's moments start anew; "
        "load the optimizer's own state into NoamOpt.optimizer"
    )
    assert said[0].filename == __file__
    assert (ours._step, ours.model_size, ours.warmup) == (7, 16, 8)
    assert train(ours, 1)[0] == [[pytest.approx(published.rate(8), rel=1e-15)]]


def test_the_published_class_goes_on_from_a_state_of_ours():
    ours, published = NoamOpt(16, 8, adam()), Published(1, 1, adam())
    train(ours, 7)
    published.load_state_dict(ours.state_dict())
    assert train(published, 1)[0] == [[pytest.approx(ours.rate(8), rel=1e-15)]]


BAD_STATES = {
    "not a dict": ([1], TypeError, "state_dict must be a dict"),
    "no _step": ({"_rate": 0.0, "model_size": 4, "warmup": 4}, ValueError, "state_dict must hold _step"),
    "empty": ({}, ValueError, "state_dict must hold _step, _rate, model_size, warmup"),
    "a negative step": ({"_step": -1, "_rate": 0, "model_size": 4, "warmup": 4}, ValueError, r"_step=-1\): _step must"),
    "a text": ({"_step": 1, "_rate": "0", "model_size": 4, "warmup": 4}, TypeError, r"_rate='0'\): _rate must"),
    "no warm-up": ({"_step": 1, "_rate": 0, "model_size": 4, "warmup": 0}, ValueError, r"warmup=0\): warmup must"),
}


@pytest.mark.parametrize(("state", "kind", "words"), BAD_STATES.values(), ids=BAD_STATES)
def test_a_bad_state_is_refused_and_changes_nothing(state, kind, words):
    wrapper = NoamOpt(16, 8, adam())
    train(wrapper, 3)
    with pytest.raises(kind, match=r"NoamOpt.*" + words):
        wrapper.load_state_dict(state)
    assert (wrapper._step, wrapper._rate, wrapper.warmup) == (3, wrapper.rate(3), 8)


@pytest.mark.parametrize("step", [-1, nan, inf, "1", True, [1]])
def test_the_rate_of_what_is_no_step_is_refused(step):
    with pytest.raises(
        (ValueError, TypeError), match=r"NoamOpt\.rate\(step=.*\): step must be a number from 0 up to 2"
    ):
        NoamOpt(512, 4000, adam()).rate(step)


def test_without_an_optimizer_it_says_what_gives_the_rates():
    with pytest.raises(TypeError, match=r"NoamOpt\(optimizer=None\): optimizer must be a torch Optimizer; noam\("):
        NoamOpt(512, 4000, None)  # type: ignore[arg-type]  # as its plots had it


def test_a_closure_is_passed_on_and_its_loss_returned():
    weight = torch.nn.Parameter(torch.ones(1))
    wrapper = NoamOpt(4, 4, torch.optim.LBFGS([weight], lr=0.0, max_iter=5))
    calls = []

    def closure():
        wrapper.zero_grad()
        loss = (weight - 2).square().sum()
        loss.backward()
        calls.append(float(wrapper.param_groups[0]["lr"]))
        return loss

    assert float(wrapper.step(closure).detach()) == 1.0
    assert set(calls) == {wrapper.rate(1)}
    assert len(calls) > 1  # of one step
    assert wrapper._step == 1


def test_an_optimizer_whose_step_takes_no_closure_is_stepped_as_the_published_class_does():
    class Plain(torch.optim.SGD):
        def step(self):  # type: ignore[override]  # as people's own have it
            return super().step()

    wrapper = NoamOpt(4, 4, Plain([torch.nn.Parameter(torch.ones(1))], lr=0.0))
    assert train(wrapper, 2)[0] == [[0.0625], [0.125]]


def test_a_step_that_raised_is_not_counted():
    wrapper = NoamOpt(4, 4, adam())

    def closure():
        raise FloatingPointError

    with pytest.raises(FloatingPointError):
        wrapper.step(closure)
    assert wrapper.rate() == 0.0
    assert train(wrapper, 1)[0] == [[wrapper.rate(1)]]


@pytest.mark.parametrize("fused", [False, True])
def test_grad_scaler_takes_it_for_an_optimizer_and_a_skipped_step_is_not_counted(fused):
    weight = torch.nn.Parameter(torch.ones(2))
    optimizer = torch.optim.Adam([weight], lr=0.0, betas=(0.9, 0.98), eps=1e-9, fused=fused)
    wrapper = NoamOpt(4, 4, optimizer)
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    used = []
    for factor in (1.0, inf, 1.0, nan, 1.0):
        before = wrapper._step
        wrapper.zero_grad()
        scaler.scale((factor * weight).square().sum()).backward()
        scaler.step(wrapper)  # type: ignore[arg-type]  # not one by its class
        scaler.update()
        if wrapper._step > before:
            used.append(wrapper.param_groups[0]["lr"])
    assert used == [wrapper.rate(1), wrapper.rate(2), wrapper.rate(3)]
    assert weight.isfinite().all()


def test_it_is_silent_where_nothing_is_missing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        wrapper = NoamOpt(4, 4, adam())
        train(wrapper, 3)
        wrapper.load_state_dict(wrapper.state_dict())
