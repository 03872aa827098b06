"""Which of the bad inputs can also go through a bucket and a queue, or this engine's."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tests.local_cloud.queues import notification
from tests.unit.hostile.buckets import OTHERS
from tests.unit.hostile.keys import TAKEN
from tests.unit.hostile.messages import FITTING
from tests.unit.hostile.stored import METADATA as ALL_METADATA
from tests.unit.hostile.stored import REFUSED

# Of the many, one in so many: each takes a while here.
_ONE_IN = 6
_MOST_NAMES = 80


def _some[T](all_of_them: Mapping[str, T]) -> dict[str, T]:
    return dict(list(all_of_them.items())[::_ONE_IN])


KEYS: Mapping[str, str] = MappingProxyType(
    # The engine's policies allow no object with a newline in its key: their "*" stops there.
    # And where no signature may appear, none is made up (test_verdicts.py searches the log).
    _some({name: key for name, key in TAKEN.items() if "\n" not in key and "X-Amz" not in key})
)

METADATA: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        name: metadata
        for name, metadata in ALL_METADATA.items()
        # What the headers of HTTP carry, and as many as Python reads of an answer.
        if all(each.isascii() and each.isprintable() for each in metadata.values())
        and len(metadata) <= _MOST_NAMES
    }
)

FILES: Mapping[str, tuple[bytes, str]] = REFUSED

MESSAGES: Mapping[str, str] = MappingProxyType(
    _some(FITTING)
    | _some({name: notification(bucket, "live.jpg", "v1") for name, bucket in OTHERS.items()})
)
