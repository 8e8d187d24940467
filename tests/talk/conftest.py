"""Settings of the property tests: a busy machine is no failure."""

from hypothesis import settings

settings.register_profile("razem", deadline=None)
settings.load_profile("razem")
