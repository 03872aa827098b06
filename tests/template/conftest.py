"""The template as the SAM transform leaves it."""

from __future__ import annotations

import pytest

from tests.template.transformed import Template, transformed


@pytest.fixture(scope="session")
def template() -> Template:
    return transformed()
