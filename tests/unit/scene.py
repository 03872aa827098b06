"""One use case with collaborators in memory, and a few answers for it."""

from __future__ import annotations

from datetime import UTC, datetime

from liveness.check import CheckLiveness, Course
from liveness.errors import (
    ErrorAnswer,
    LivenessError,
    PictureNotDownloaded,
    ServiceUnreachable,
    StorageFault,
)
from liveness.model import (
    Action,
    Deadline,
    Detection,
    EraseAfterVerdict,
    Facts,
    Upload,
    Verdict,
)
from liveness.ports import Lease
from tests.unit.fakes import (
    AnnouncementsInMemory,
    PicturesInMemory,
    SafekeepingInMemory,
    ScriptedJudge,
    VerdictsInMemory,
)
from tests.unit.pictures import png

UPLOADED_AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
DECIDED_AT = datetime(2026, 11, 23, 12, 0, 1, 234567, tzinfo=UTC)
UPLOAD = Upload("selfies", "ann/1.png", "v1", UPLOADED_AT, size=100)
LIVE = Detection(Action.DETECT_LIVE_FACE, "3.0", "req-1", is_liveness=True)
SPOOF = Detection(Action.DETECT_LIVE_FACE, "3.0", "req-1", is_liveness=False)
NO_ADDRESS = PictureNotDownloaded(ErrorAnswer("FailedOperation.ImageDownloadError", "no"))
DOWN = ServiceUnreachable(ErrorAnswer("NoAnswer.TimedOut", "timed out"))
DEADLINE = Deadline(at=10.0, clock=lambda: 0.0)


class Scene:
    """One use case and its collaborators, to look at afterwards."""

    def __init__(
        self,
        *answers: Detection | LivenessError,
        content: bytes | LivenessError | None = None,
        inline_fallback: bool = True,
        erase: EraseAfterVerdict = EraseAfterVerdict.NEVER,
    ) -> None:
        self.pictures = PicturesInMemory(
            {"v1": png() if content is None else content}, subject="ann"
        )
        self.judge = ScriptedJudge(list(answers))
        self.verdicts = VerdictsInMemory()
        self.announcements = AnnouncementsInMemory()
        self.safekeeping = SafekeepingInMemory()
        self.slept: list[float] = []
        self.liveness = CheckLiveness(
            self.pictures,
            self.judge,
            self.verdicts,
            self.announcements,
            self.safekeeping,
            now=lambda: DECIDED_AT,
            sleep=self.sleep,
            inline_fallback=inline_fallback,
            erase_after_verdict=erase,
        )

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def check(self) -> Course:
        return self.liveness.check(UPLOAD, DEADLINE).course

    def told(self) -> Facts:
        (facts,) = self.announcements.told
        return facts


class Failing(VerdictsInMemory):
    """A table that takes no writes of verdicts for a while."""

    failures = 3

    def record(self, lease: Lease, verdict: Verdict) -> Facts:
        if self.failures:
            self.failures -= 1
            raise StorageFault("dynamodb", "InternalServerError")
        return super().record(lease, verdict)
