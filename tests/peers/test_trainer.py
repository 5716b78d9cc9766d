"""The Trainer of transformers: a scheduler given to it, and a plan that it resolves when it knows its updates."""

from itertools import count

import pytest
import torch
import transformers
import wandb

from contract import BATCHES, LR, PLAN, STOP, UPDATES, Contract, Run, Samples, model
from logs import COOLED, Logs, cool
from preheat import cosine, warmup
from preheat.integrations.transformers import FollowsPlan, PlanMonitor
from preheat.torch import Scheduler
from processes import afresh


class Line(torch.nn.Module):
    """A model in the form that the Trainer asks for."""

    def __init__(self, run):
        super().__init__()
        self.run, self.net = run, model()

    def forward(self, x, y):
        loss = torch.nn.functional.mse_loss(self.net(x), y)
        return {"loss": self.run.lose(loss) if self.training else loss}


def settings(folder, stop=UPDATES, **options):
    return transformers.TrainingArguments(
        str(folder), per_device_train_batch_size=8, learning_rate=LR, use_cpu=True, disable_tqdm=True,
        max_grad_norm=0.0, dataloader_pin_memory=False, train_sampling_strategy="sequential",
        **{"max_steps": stop, "logging_strategy": "no", "save_strategy": "no", "report_to": "none", **options},
    )  # fmt: skip


def train(folder, *, stop=UPDATES, resume=False, accumulate=1, amp=False):
    module = Line(Run.empty())
    optimizer = torch.optim.AdamW(module.parameters(), lr=LR)
    scheduler = Scheduler(optimizer, PLAN)
    module.run.watch(optimizer)
    saved = {"save_strategy": "steps", "save_steps": stop} if not torch.distributed.is_initialized() else {}
    trainer = transformers.Trainer(
        module,
        settings(folder, stop, gradient_accumulation_steps=accumulate, bf16=amp, **saved),
        train_dataset=Samples(lambda x, y: {"x": x, "y": y}),
        optimizers=(optimizer, scheduler),
    )
    trainer.train(resume_from_checkpoint=resume)
    return module.run.ended(module)


class TestTrainer(Contract):
    framework = "transformers Trainer"
    distribution = "transformers"
    amp = "bfloat16"
    train = staticmethod(train)


class PlanTrainer(FollowsPlan, transformers.Trainer):
    pass


TEXT = 'warmup("25%") >> cosine(1, 0.1, steps="rest")'


def trainer(folder, stop=UPDATES, **options):
    """One that records what it uses."""
    module = Line(Run.empty())
    names = ("optimizers", "plan", "lr")
    given = {name: options.pop(name) for name in names if name in options}
    data = Samples(lambda x, y: {"x": x, "y": y})
    made = PlanTrainer(module, settings(folder, stop, **options), train_dataset=data, **given)
    return module.run, made


class Recorder(transformers.TrainerCallback):
    """Watches the optimizer that the Trainer makes."""

    def __init__(self, run):
        self.run = run

    def on_train_begin(self, _args, _state, _control, optimizer, **_):
        self.run.watch(optimizer.optimizer)


def followed(run, made, **options):
    made.add_callback(Recorder(run))
    made.train(**options)
    return run


def test_a_plan_in_shares_of_the_run_is_resolved_when_the_trainer_knows_its_updates(tmp_path):
    run, made = trainer(tmp_path, plan=TEXT)
    values = (warmup(6) >> cosine(1, 0.1, steps=18)).values()
    assert followed(run, made).lrs == [LR * value for value in values]


def test_a_plan_of_learning_rates_sets_them(tmp_path):
    run, made = trainer(tmp_path, stop=4, lr="linear(0, 0.01, steps='100%')")
    assert followed(run, made).lrs == [0.0025, 0.005, 0.0075, 0.01]


def planned(folder, *, resume):
    run, made = trainer(folder, plan=TEXT, save_strategy="steps", save_steps=STOP)
    return followed(run, made, resume_from_checkpoint=str(folder / f"checkpoint-{STOP}") if resume else None)


def test_a_plan_in_shares_of_the_run_goes_on_from_a_checkpoint_in_a_fresh_process(tmp_path):
    whole, after = planned(tmp_path, resume=False), afresh(planned, tmp_path, resume=True)
    assert (after.lrs, after.losses) == (whole.lrs[STOP:], whole.losses[STOP:])


def test_the_learning_rates_that_are_logged_are_those_used(tmp_path):
    run, made = trainer(tmp_path, plan=TEXT, logging_strategy="steps", logging_steps=1)
    followed(run, made)
    assert [entry["learning_rate"] for entry in made.state.log_history if "learning_rate" in entry] == run.lrs


def test_without_a_plan_the_scheduler_is_the_one_that_the_settings_name(tmp_path):
    run, made = trainer(tmp_path, stop=2, lr_scheduler_type="constant")
    assert followed(run, made).lrs == [LR, LR]


def test_a_plan_beside_a_scheduler_is_an_error(tmp_path):
    optimizer = torch.optim.SGD(model().parameters(), lr=LR)
    with pytest.raises(ValueError, match="plan must be left out") as caught:
        trainer(tmp_path, plan="warmup(4)", optimizers=(optimizer, Scheduler(optimizer, PLAN)))
    assert str(caught.value) == (
        "PlanTrainer(plan='warmup(4)'): plan must be left out where a scheduler is given; pass "
        "optimizers=(optimizer, None)"
    )


def test_a_plan_longer_than_the_run_is_an_error_before_the_first_update(tmp_path):
    run, made = trainer(tmp_path, stop=4, plan='warmup(3) >> cosine(1, 0, steps="50%")')
    with pytest.raises(ValueError, match="no longer than the total"):
        followed(run, made)
    assert run.losses == []


@pytest.mark.parametrize("accumulate", [1, 4])
def test_a_plan_in_epochs_is_resolved_by_the_updates_of_an_epoch(accumulate, tmp_path):
    updates = -(-BATCHES // accumulate)  # what is left over at the end of an epoch is an update
    run, made = trainer(
        tmp_path, plan='warmup("1ep") >> cosine(1, 0.1, steps="rest")', max_steps=-1, num_train_epochs=4,
        gradient_accumulation_steps=accumulate,
    )  # fmt: skip
    plan = warmup(updates) >> cosine(1, 0.1, steps=3 * updates)
    assert followed(run, made).lrs == [LR * value for value in plan.values()]


def test_a_plan_in_epochs_asks_for_data_whose_length_is_known(tmp_path):
    run, made = trainer(tmp_path, stop=4, plan='warmup("1ep") >> constant(1)')
    made.train_dataset = Endless()
    with pytest.raises(ValueError, match="steps_per_epoch") as caught:
        followed(run, made)
    assert str(caught.value) == 'resolve(steps_per_epoch=None): steps_per_epoch must be given, for "1ep"'


class Endless(torch.utils.data.IterableDataset[object]):
    def __iter__(self):
        samples = Samples(lambda x, y: {"x": x, "y": y})
        return (samples[k % len(samples)] for k in count())


class Cooling(transformers.TrainerCallback):
    def on_step_end(self, _args, state, _control, lr_scheduler, **_):
        if state.global_step == STOP:
            cool(lr_scheduler)


def log(folder, to):
    run, made = trainer(folder, COOLED, plan=PLAN, report_to=to)
    made.add_callback(PlanMonitor(made))
    made.add_callback(Cooling())
    followed(run, made)
    if to == "wandb":
        wandb.finish()
    return run


class TestLogs(Logs):
    first, before = 1, "train/"
    log = staticmethod(log)
