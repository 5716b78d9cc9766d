"""What every test stands on: one Hypothesis profile, the same examples in every run and no clock."""

from hypothesis import settings

settings.register_profile("preheat", derandomize=True, deadline=None)
settings.load_profile("preheat")
