"""`pytest -p tests.fuzz.thorough tests/unit`: property tests with thousands of cases."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "thorough",
    max_examples=5_000,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("thorough")
