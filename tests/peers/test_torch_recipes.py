"""Loops as torch's own docs have them, with our scheduler in the place of theirs."""

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import SWALR, AveragedModel, update_bn

from preheat import cosine, linear, noam, warmup, warmup_constant
from preheat.torch import NoamOpt, Scheduler

EPOCHS, BATCHES, SWA_START = 12, 5, 7


@pytest.fixture
def batches():
    torch.manual_seed(0)
    return [(torch.randn(8, 4), torch.randn(8, 1)) for _ in range(BATCHES)]


@pytest.fixture
def model():
    """Make a small network with batch normalisation; the same every time."""

    def make():
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 1))

    return make


@pytest.fixture
def recorded():
    """The lr of every update of an optimizer."""

    def record(optimizer):
        used = []
        optimizer.register_step_pre_hook(lambda optimizer, *_: used.append(optimizer.param_groups[0]["lr"]))
        return used

    return record


# Stochastic weight averaging: after its start, SWALR has the learning rate.


@pytest.fixture
def averaged(model, batches, recorded):
    """Run the recipe with the main scheduler that `make` builds; it is written once for epochs and once for updates."""

    def run(make, *, per_epoch):
        network = model()
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        used = recorded(optimizer)
        average = AveragedModel(network)
        scheduler = make(optimizer)
        swa_scheduler = SWALR(optimizer, swa_lr=0.05, anneal_epochs=3)

        def turn(epoch):
            if epoch > SWA_START:
                average.update_parameters(network)
                swa_scheduler.step()
            else:
                scheduler.step()

        for epoch in range(EPOCHS):
            for inputs, targets in batches:
                optimizer.zero_grad()
                nn.functional.mse_loss(network(inputs), targets).backward()
                optimizer.step()
                if not per_epoch:
                    turn(epoch)
            if per_epoch:
                turn(epoch)
        update_bn([inputs for inputs, _ in batches], average)
        return used, average(batches[0][0])

    return run


def test_swa_stepped_once_an_epoch_is_as_with_lambda_lr(averaged):
    plan = cosine(1, 0.1, steps=EPOCHS)
    used, predicted = averaged(lambda optimizer: Scheduler(optimizer, plan, clock="calls"), per_epoch=True)
    expected, theirs = averaged(lambda optimizer: LambdaLR(optimizer, plan), per_epoch=True)
    assert used == expected
    assert torch.equal(predicted, theirs)


def test_swa_stepped_once_an_update_is_as_with_lambda_lr(averaged):
    plan = warmup(10) >> cosine(1, 0.1, steps=50)
    used, predicted = averaged(lambda optimizer: Scheduler(optimizer, plan), per_epoch=False)
    expected, theirs = averaged(lambda optimizer: LambdaLR(optimizer, plan), per_epoch=False)
    assert used == expected
    assert torch.equal(predicted, theirs)


def test_swa_ends_at_its_own_lr(averaged):
    plan = cosine(1, 0.1, steps=EPOCHS)
    used, _ = averaged(lambda optimizer: Scheduler(optimizer, plan, clock="calls"), per_epoch=True)
    assert used[-1] == 0.05


# Two networks against each other, each with its optimizer and its plan.


def test_both_optimizers_of_a_gan_follow_their_own_plans(recorded):
    torch.manual_seed(0)
    generator, discriminator = nn.Linear(2, 3), nn.Linear(3, 1)
    loss = nn.BCEWithLogitsLoss()
    real, fake = torch.ones(16, 1), torch.zeros(16, 1)
    optimizer_d = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    optimizer_g = torch.optim.Adam(generator.parameters(), lr=1e-4, betas=(0.5, 0.999))
    plan_d, plan_g = warmup(5) >> linear(1, 0, steps=15), cosine(1, 0.5, steps=20)
    scheduler_d, scheduler_g = Scheduler(optimizer_d, plan_d), Scheduler(optimizer_g, plan_g)
    used_d, used_g = recorded(optimizer_d), recorded(optimizer_g)

    for _ in range(20):
        optimizer_d.zero_grad()
        loss(discriminator(torch.randn(16, 3)), real).backward()
        made = generator(torch.randn(16, 2))
        loss(discriminator(made.detach()), fake).backward()
        optimizer_d.step()

        optimizer_g.zero_grad()
        loss(discriminator(made), real).backward()
        optimizer_g.step()

        scheduler_d.step()
        scheduler_g.step()

    assert used_d == [2e-4 * value for value in plan_d.values()]
    assert used_g == [1e-4 * value for value in plan_g.values()]


# Saving and loading a general checkpoint.


@pytest.fixture
def trained(model, batches):
    """Train for some epochs, from a checkpoint where there is one, and save another at the end; the weights."""

    def train(epochs, path):
        network = model()
        optimizer = torch.optim.AdamW(network.parameters(), lr=0.01)
        scheduler = Scheduler(optimizer, warmup(10) >> cosine(1, 0.1, steps=50))
        begun = 0
        if path.exists():
            checkpoint = torch.load(path, weights_only=True)
            network.load_state_dict(checkpoint["model_state_dict"])
            optimizer.load_state_dict(checkpoint["optimizer_state_dict"])
            scheduler.load_state_dict(checkpoint["scheduler_state_dict"])
            begun = checkpoint["epoch"]
        for _ in range(begun, epochs):
            for inputs, targets in batches:
                optimizer.zero_grad()
                nn.functional.mse_loss(network(inputs), targets).backward()
                optimizer.step()
                scheduler.step()
        checkpoint = {
            "epoch": epochs,
            "model_state_dict": network.state_dict(),
            "optimizer_state_dict": optimizer.state_dict(),
            "scheduler_state_dict": scheduler.state_dict(),
        }
        torch.save(checkpoint, path)
        return nn.utils.parameters_to_vector(network.parameters())

    return train


def test_training_that_was_interrupted_ends_with_the_same_weights(trained, tmp_path):
    whole = trained(EPOCHS, tmp_path / "whole")
    trained(5, tmp_path / "halved")
    assert torch.equal(trained(EPOCHS, tmp_path / "halved"), whole)


# Mixed precision: a step whose gradients overflow is skipped, and is no update.


@pytest.fixture
def scaled(batches):
    """Train with a gradient scaler; at the second batch the loss overflows."""

    def train(network, optimizer, step=lambda: None):
        scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10)
        for n, (inputs, targets) in enumerate(batches):
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16):
                loss = nn.functional.mse_loss(network(inputs), targets)
            scaler.scale(loss * (float("inf") if n == 1 else 1)).backward()
            scaler.step(optimizer)
            scaler.update()
            step()
        return scaler

    return train


def test_a_scaler_steps_noam_opt(model, scaled):
    network = model()
    optimizer = NoamOpt(64, 10, torch.optim.Adam(network.parameters(), lr=0, betas=(0.9, 0.98), eps=1e-9))
    scaled(network, optimizer)
    assert optimizer.rate() == noam(64, 10)(BATCHES - 2)


def test_a_scaler_unscales_the_gradients_of_noam_opt(model, batches):
    network = model()
    optimizer = NoamOpt(64, 10, torch.optim.Adam(network.parameters(), lr=0, betas=(0.9, 0.98), eps=1e-9))
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10)
    inputs, targets = batches[0]
    scaler.scale(nn.functional.mse_loss(network(inputs), targets)).backward()
    before = network[0].weight.grad.clone()
    scaler.unscale_(optimizer)  # type: ignore[arg-type]  # it asks for the groups only
    assert torch.equal(network[0].weight.grad * 2.0**10, before)


def test_an_update_that_a_scaler_skips_does_not_count(model, recorded, scaled):
    network, plan = model(), warmup_constant(10)
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.01)
    scheduler, used = Scheduler(optimizer, plan), recorded(optimizer)
    scaled(network, optimizer, scheduler.step)
    assert used == [0.01 * value for value in plan.values(BATCHES - 1)]
    assert scheduler.last_epoch == BATCHES - 1
