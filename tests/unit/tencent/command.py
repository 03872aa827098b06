"""The command `detectliveface` among fakes."""

from __future__ import annotations

from decimal import Decimal

from liveness.cli import detectliveface
from liveness.credentials import TencentCredentials
from liveness.errors import ImageRejectedByServiceError, LivenessError, ServiceUnreachableError
from liveness.models import Deadline, ErrorResponse
from liveness.ports import CredentialsProvider
from liveness.tencent.request import ServiceConfig
from liveness.tencent.response import DetectLiveFaceResponse
from tests.unit.tencent.fakes import NOW, Clock

ENVIRONMENT = {"TENCENTCLOUD_SECRET_ID": " AKIDmadeup", "TENCENTCLOUD_SECRET_KEY": "madeUpKey "}
ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:tencent"
URL = "https://example.com/selfie.jpg?X-Amz-Signature=f00d"
LIVE = DetectLiveFaceResponse(Decimal(99), True, "3.0", "r-live")
SPOOF = DetectLiveFaceResponse(Decimal("12.5"), True, "2.0", "r-spoof")
REJECTED = ImageRejectedByServiceError(
    "no_face",
    "Show your face.",
    ErrorResponse("InvalidParameterValue.NoFaceInPhoto", "no", "r-no"),
)
DOWN = ServiceUnreachableError(
    ErrorResponse("NoAnswer.TimedOut", "no complete answer came in time")
)

# A bitmap's head is all that the rules need: 300 by 400 pixels.
BMP = b"BM" + bytes(12) + (40).to_bytes(4, "little") + (300).to_bytes(4, "little")
BMP += (400).to_bytes(4, "little") + bytes(28)


class Command:
    """The command among fakes: its output, its errors, and its calls of the client.

    `secret` is what reading the secret of `ARN` returns or raises.
    """

    def __init__(
        self,
        *replies: DetectLiveFaceResponse | LivenessError,
        environment: dict[str, str] | None = None,
        secret: TencentCredentials | LivenessError | None = None,
    ) -> None:
        self.replies = list(replies)
        self.out: list[str] = []
        self.err: list[str] = []
        self.calls: list[tuple[str | None, bytes | None, float]] = []
        self.config: ServiceConfig | None = None
        self.credentials: CredentialsProvider | None = None
        self.secret = secret
        self.dependencies = detectliveface.Dependencies(
            environment=ENVIRONMENT if environment is None else environment,
            print_line=self.out.append,
            print_error=self.err.append,
            create_client=self.create_client,
            secret=self.read_secret,
            clock=lambda: NOW,
            monotonic=Clock(),
        )

    def create_client(self, credentials: CredentialsProvider, config: ServiceConfig) -> Command:
        self.credentials, self.config = credentials, config
        return self

    def call(
        self, *, url: str | None = None, image: bytes | None = None, deadline: Deadline
    ) -> DetectLiveFaceResponse:
        self.calls.append((url, image, deadline.remaining))
        reply = self.replies.pop(0)
        if isinstance(reply, LivenessError):
            raise reply
        return reply

    def read_secret(self, arn: str) -> CredentialsProvider:
        assert arn == ARN
        if isinstance(self.secret, LivenessError):
            raise self.secret
        assert self.secret is not None
        return self.secret

    def run(self, *argv: str) -> int:
        return detectliveface.run(argv, self.dependencies)
