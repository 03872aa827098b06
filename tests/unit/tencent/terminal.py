"""The command line among fakes."""

from __future__ import annotations

from decimal import Decimal

from liveness.errors import (
    ErrorAnswer,
    LivenessError,
    PictureRejected,
    ServiceUnreachable,
)
from liveness.model import Deadline
from liveness.tencent import __main__ as command
from liveness.tencent.answer import (
    Answer,
    DetectLiveFaceAnswer,
)
from liveness.tencent.client import CredentialsSource, Service
from tests.unit.tencent.fakes import NOW, Clock

ENVIRONMENT = {"TENCENTCLOUD_SECRET_ID": " AKIDmadeup", "TENCENTCLOUD_SECRET_KEY": "madeUpKey "}
ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:tencent"
URL = "https://example.com/selfie.jpg?X-Amz-Signature=f00d"
LIVE = DetectLiveFaceAnswer(Decimal(99), True, "3.0", "r-live")
SPOOF = DetectLiveFaceAnswer(Decimal("12.5"), True, "2.0", "r-spoof")
REJECTED = PictureRejected(
    "no_face", "Show your face.", ErrorAnswer("InvalidParameterValue.NoFaceInPhoto", "no", "r-no")
)
DOWN = ServiceUnreachable(ErrorAnswer("NoAnswer.TimedOut", "no complete answer came in time"))

# A bitmap's head is all that the rules need: 300 by 400 pixels.
BMP = b"BM" + bytes(12) + (40).to_bytes(4, "little") + (300).to_bytes(4, "little")
BMP += (400).to_bytes(4, "little") + bytes(28)


class Terminal:
    """The command among fakes: what it said, complained of and asked."""

    def __init__(
        self,
        *replies: Answer | LivenessError,
        environment: dict[str, str] | None = None,
        secret: str | LivenessError = "",
    ) -> None:
        self.replies = list(replies)
        self.out: list[str] = []
        self.err: list[str] = []
        self.asked: list[tuple[str | None, bytes | None, float]] = []
        self.service: Service | None = None
        self.source: CredentialsSource | None = None
        self.secret = secret
        self.surroundings = command.Surroundings(
            environment=ENVIRONMENT if environment is None else environment,
            say=self.out.append,
            complain=self.err.append,
            client=self.client,
            secret=self.read_secret,
            clock=lambda: NOW,
            monotonic=Clock(),
        )

    def client(self, source: CredentialsSource, service: Service) -> Terminal:
        self.source, self.service = source, service
        return self

    def call(
        self, *, url: str | None = None, image: bytes | None = None, deadline: Deadline
    ) -> Answer:
        self.asked.append((url, image, deadline.left))
        reply = self.replies.pop(0)
        if isinstance(reply, LivenessError):
            raise reply
        return reply

    def read_secret(self, arn: str) -> str:
        assert arn == ARN
        if isinstance(self.secret, LivenessError):
            raise self.secret
        return self.secret

    def run(self, *argv: str) -> int:
        return command.run(argv, self.surroundings)
