"""The schedules of other libraries, with their names, parameters and values.

>>> from preheat import like
>>> like.torch.LinearLR(start_factor=0.25, total_iters=3)
zero_based(linear(0.25, 1, steps=3))

Each function takes the parameters of the original without the optimizer, and returns a plan.

- If the original multiplies the lr of a group, the plan is a multiplier. If its floor is a learning rate, pass the
  group's lr as `base_lr`.
- If the original sets the lr, whatever the group's is, the plan is of learning rates: pass it as `lr=`.
- If the original climbs back after its end, falls below 0 or jumps, the plan agrees up to the end and keeps that value.
"""

from preheat.like import ignite, megatron, nanogpt, optax, pytorch_warmup, timm, torch, torchtitan, transformers
