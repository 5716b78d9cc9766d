"""The peers' own schedules: under their names, with their parameters, equal to theirs at every update.

>>> from preheat import like
>>> like.torch.LinearLR(start_factor=0.25, total_iters=3)
zero_based(linear(0.25, 1, steps=3))

Each function leaves out the optimizer and returns plain algebra. Where theirs multiplies the lr of a group, the plan is
a multiplier; where their floor is a learning rate all the same, the group's own is asked for, as `base_lr`. Where
theirs sets the lr, whatever the group's is, the plan is of learning rates, and goes in `lr=`. Where theirs climbs back
after its end, falls below 0 or jumps, the plan is theirs up to the end and keeps its value.
"""

from preheat.like import ignite, megatron, nanogpt, optax, pytorch_warmup, timm, torch, torchtitan, transformers
