"""Examples take as long as a busy machine makes them take."""

from hypothesis import HealthCheck, settings

settings.register_profile("razem-look", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("razem-look")
