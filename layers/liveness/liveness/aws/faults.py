"""What boto3 raises, as the StorageFault that the use case knows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from liveness.errors import StorageFault


def error_code(error: ClientError) -> str:
    """AWS's own code of an error."""
    return error.response["Error"]["Code"]


@contextmanager
def faults_of(service: str) -> Iterator[None]:
    """Raise StorageFault, naming the service and the code, for whatever boto3 raises within."""
    try:
        yield
    except ClientError as error:
        raise StorageFault(service, error_code(error)) from error
    except BotoCoreError as error:
        raise StorageFault(service, type(error).__name__) from error
