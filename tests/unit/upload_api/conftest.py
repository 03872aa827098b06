"""The upload API's routes over fakes."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.unit.upload_api.api import Api


@pytest.fixture
def call() -> Iterator[Api]:
    with ThreadPoolExecutor(2) as executor:
        yield Api(executor)
