"""Those of the hostile inputs that can also go through a bucket and a queue of the emulator."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tests.local_cloud.sample_events import s3_event
from tests.unit.hostile.buckets import OTHERS
from tests.unit.hostile.keys import TAKEN
from tests.unit.hostile.messages import FITTING
from tests.unit.hostile.stored import METADATA as ALL_METADATA
from tests.unit.hostile.stored import REFUSED

# Each takes a while here: one of so many.
_SAMPLE_INTERVAL = 6
_MAX_METADATA_NAMES = 80


def _sample[T](inputs: Mapping[str, T]) -> dict[str, T]:
    return dict(list(inputs.items())[::_SAMPLE_INTERVAL])


KEYS: Mapping[str, str] = MappingProxyType(
    # The emulator's policies allow no object with a newline in its key: their "*" ends there.
    # And no key looks like a signature, because test_verdicts.py searches the log for those.
    _sample({name: key for name, key in TAKEN.items() if "\n" not in key and "X-Amz" not in key})
)

METADATA: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        name: metadata
        for name, metadata in ALL_METADATA.items()
        # What HTTP headers can contain, and as many as Python reads of a response.
        if all(each.isascii() and each.isprintable() for each in metadata.values())
        and len(metadata) <= _MAX_METADATA_NAMES
    }
)

FILES: Mapping[str, tuple[bytes, str]] = REFUSED

MESSAGES: Mapping[str, str] = MappingProxyType(
    _sample(FITTING)
    | _sample({name: s3_event(bucket, "live.jpg", "v1") for name, bucket in OTHERS.items()})
)
