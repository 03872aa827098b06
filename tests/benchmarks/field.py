"""Where contestants meet: the same stubs, picture and CA bundle for all of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

import certifi
from PIL import Image

from local.say import Trouble
from tests.benchmarks.builds import Contestants
from tests.benchmarks.certificates import certify
from tests.benchmarks.journal import Call, calls
from tests.benchmarks.runtime import PROJECT, STATE

# As phones send them when they scale a picture down: some 600 KB.
_PIXELS = (1080, 1440)


@dataclass(frozen=True, slots=True)
class Stubs:
    """Where each service is, and what was asked of it."""

    addresses: Mapping[str, str]
    _journal: Path

    def calls(self) -> list[Call]:
        """All calls so far."""
        return calls(self._journal)


@contextmanager
def stubs(certificate: Path, milliseconds: int) -> Iterator[Stubs]:
    """Serve every service, each answer after so many milliseconds."""
    journal = STATE / f"journal-{milliseconds}.jsonl"
    journal.unlink(missing_ok=True)
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.benchmarks.stubs"),
            *(str(certificate), str(_picture()), str(journal), str(milliseconds)),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=PROJECT,
    )
    if not (process.stdin and process.stdout):
        raise Trouble("The stubs do not start.", "Read what they said above.")
    try:
        line = process.stdout.readline()
        if not line:
            raise Trouble("The stubs do not start.", "Read what they said above.")
        yield Stubs(json.loads(line), journal)
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


def prepare(contestants: Contestants) -> Path:
    """Make certificates, have everybody trust them, and return the stubs' own."""
    certificates = certify(STATE)
    for contestant in fields(contestants):
        getattr(contestants, contestant.name).trust(certificates.authority)
    bundle = Path(certifi.where()).read_text(encoding="utf-8")
    (STATE / "bundle.pem").write_text(bundle + certificates.authority.read_text(), encoding="utf-8")
    return certificates.server


def _picture() -> Path:
    path = STATE / "selfie.jpg"
    if not path.exists():
        Image.effect_noise(_PIXELS, 64).convert("RGB").save(path, quality=80)
    return path
