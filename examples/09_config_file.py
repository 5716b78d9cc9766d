"""Keep the plan in a configuration file, check it before the run, and give its text to the scheduler as it is."""

import json
from pathlib import Path

import torch

from preheat import lint, parse
from preheat.torch import Scheduler

text = json.dumps({"lr": 3e-4, "total_steps": 1_000, "plan": 'warmup("5%") >> cosine(1, 0.1, steps="rest")'}, indent=2)
Path("config.json").write_text(text, "utf-8")

config = json.loads(Path("config.json").read_text("utf-8"))
print(f"findings: {lint(parse(config['plan']), total_steps=config['total_steps'])}")
optimizer = torch.optim.AdamW(torch.nn.Linear(8, 1).parameters(), lr=config["lr"])
scheduler = Scheduler(optimizer, config["plan"], total_steps=config["total_steps"])
print(f"first lr: {scheduler.get_last_lr()[0]:.2e}")

# A mistake is found when the file is read, at its place.
try:
    parse(config["plan"].replace("cosine", "cosin"))
except ValueError as error:
    print(error)
