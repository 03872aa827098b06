"""Two minutes of uploads for the dashboard's picture, which stand for a day of the real one.

Some are live, some are spoofs, some must be retaken; the service fails for a while, spoofs come
in a wave, the account is in arrears for seconds.
"""

import random
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from local.cloud import LocalCloud
from local.metrics import Metrics, add_queue_depths
from local.sample_images import write_sample_images
from local.uploader import Uploader

SETTLES_SECONDS = 5
_PAUSE_SECONDS = 0.4


class Scene(NamedTuple):
    """Some seconds of uploads: `first` ones, then others by their weights; the fake's rules."""

    seconds: float
    images: Mapping[str, float]
    rules: Sequence[dict[str, Any]]
    first: Sequence[str] = ()


_USUAL = {"live.jpg": 80, "spoof.jpg": 5, "no-face.jpg": 5, "landscape.jpg": 4, "selfie.gif": 3}
_PACE = {"effect": "slow-250~150"}
_ERRORS = (
    {"effect": "error-FailedOperation.ServerError", "probability": 0.5},
    {"effect": "error-FailedOperation.RequestLimitExceeded", "probability": 0.2},
    _PACE,
)
SCENES = (
    # What the service refuses permanently is dead-lettered before the last scene ends.
    Scene(30, _USUAL, [_PACE], first=["error-InvalidParameter.jpg"] * 2),
    Scene(20, _USUAL, _ERRORS),
    Scene(25, {"live.jpg": 45, "spoof.jpg": 50, "no-face.jpg": 5}, [_PACE]),
    Scene(8, _USUAL, [{"effect": "error-ResourceUnavailable.InArrears"}]),
    Scene(37, _USUAL, [_PACE]),
)


def play(cloud: LocalCloud) -> Metrics:
    """Upload scene by scene; return the depths that the queues had."""
    depths = Metrics()
    # The same uploads each time; no secret depends on it.
    chance = random.Random(7)  # noqa: S311
    uploader = Uploader(cloud.emulator, cloud.upload_bucket)
    images = write_sample_images(cloud.emulator.log.parent / "images")
    by_name = {each.key.rpartition("/")[2]: each.path.read_bytes() for each in images}
    for scene in SCENES:
        cloud.detectliveface.control.set_rules(*scene.rules)
        end = time.monotonic() + scene.seconds
        first = list(scene.first)
        while time.monotonic() < end:
            names = first or chance.choices([*scene.images], [*scene.images.values()])
            name = names.pop()
            key = f"selfies/{name.replace('.', f'-{chance.randrange(10**6):06}.')}"
            uploader.upload(key, by_name.get(name, by_name["live.jpg"]))
            add_queue_depths(depths, cloud)
            time.sleep(_PAUSE_SECONDS)
    time.sleep(SETTLES_SECONDS)
    add_queue_depths(depths, cloud)
    return depths
