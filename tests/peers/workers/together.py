"""What the files beside this one share: a run of the contract's model, of whose batches each process has its part."""

import json
from pathlib import Path
from sys import argv

import torch
from torch import distributed
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import Replicate, distribute_tensor
from torch.distributed.tensor.debug import CommDebugMode

from contract import LR, PLAN, Samples, model
from preheat.torch import Scheduler

FOLDER = Path(argv[1])
BATCH = 8


def everyone():
    """All processes, as a mesh."""
    return init_device_mesh("cpu", (distributed.get_world_size(),))


def sharded(net):
    """FSDP2: each weight lies in parts on all processes."""
    fully_shard(net, mesh=everyone())
    return net


def spread(number):
    """A DTensor, whole on every process."""
    return distribute_tensor(torch.tensor(number), everyone(), [Replicate()])


class Job:
    """A model, its optimizer and its scheduler, and what each update used."""

    def __init__(self, wrapped=sharded, lr=LR, plan=PLAN, **options):
        self.net = wrapped(model())
        self.optimizer = torch.optim.AdamW(self.net.parameters(), lr=lr, foreach=False)
        with CommDebugMode() as asked:
            self.scheduler = Scheduler(self.optimizer, plan, **options)
        self.lrs: list[float] = []
        self.losses: list[float] = []
        self.messages = asked.get_total_counts()
        self.optimizer.register_step_pre_hook(lambda one, *_: self.lrs.append(float(one.param_groups[0]["lr"])))

    def train(self, until):
        """Go on to an update of the plan."""
        while self.scheduler.last_epoch < until:
            x, y = mine(self.scheduler.last_epoch)
            loss = torch.nn.functional.mse_loss(self.net(x), y)
            loss.backward()
            self.losses.append(loss.item())
            self.optimizer.step()
            with CommDebugMode() as asked:
                self.scheduler.step()
            self.messages += asked.get_total_counts()
            self.optimizer.zero_grad()
        return self

    def weights(self):
        """All of them, whichever process holds them."""
        whole = (getattr(one, "full_tensor", lambda one=one: one)() for one in self.net.parameters())
        return [weight.detach().flatten().tolist() for weight in whole]

    def seen(self):
        """What is written of it."""
        with CommDebugMode() as asked:
            self.scheduler.check_ranks()
        seen = {"lrs": self.lrs, "losses": self.losses, "weights": self.weights()}
        return seen | {"messages": self.messages, "messages of a check": asked.get_total_counts()}


def mine(update):
    """This process's part of the batch of an update; the batch is the same for any number of processes."""
    samples = Samples()
    first = BATCH * update % len(samples) + distributed.get_rank()
    rows = slice(first, first + BATCH - distributed.get_rank(), distributed.get_world_size())
    return samples.x[rows], samples.y[rows]


def tell(name, facts):
    """Write what was seen."""
    file = f"{name}, {distributed.get_rank()} of {distributed.get_world_size()}.json"
    (FOLDER / file).write_text(json.dumps(facts), "utf-8")
