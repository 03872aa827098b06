"""One call from its bytes to its response: the fake's pipeline, and all the state it has."""

import asyncio
import hashlib
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from starlette.responses import Response

from liveness.verdict_record import iso_8601
from local.detectliveface.authentication import Keyring
from local.detectliveface.download import Downloader
from local.detectliveface.effect import LIVE, NEEDS_VALID_IMAGE, Detected, Fault
from local.detectliveface.errors import ApiError
from local.detectliveface.image_check import check_image, decode_base64
from local.detectliveface.request import DetectRequest, RateLimit, check_protocol, parse_request
from local.detectliveface.request_log import VERIFIED, Call, RequestLog
from local.detectliveface.responses import error_response, response
from local.detectliveface.stub_rules import StubRules

_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class Service:
    """Answers calls. All of it runs on one event loop, so its state needs no lock."""

    keyring: Keyring
    rate_limit: RateLimit
    downloader: Downloader
    stub_rules: StubRules
    request_log: RequestLog = field(default_factory=RequestLog)
    # The object that bytes were last downloaded from: an inline image has no name of its own.
    _objects: dict[str, str] = field(default_factory=dict)

    def reset(self) -> None:
        """Clear the request log, the rules and the images' names; keys and rate stay."""
        self.request_log.clear()
        self.stub_rules.clear()
        self._objects.clear()

    async def respond(
        self, method: str, headers: Mapping[str, str], body: bytes, size: int
    ) -> Response:
        """Answer one request to `/`.

        `headers` have lower-case names; of a request that is too large `body` may be a part, and
        `size` is the whole.
        """
        call = Call()
        try:
            check_protocol(method, headers, size)
            self._authenticate(call, headers, body)
            request = parse_request(headers, body)
            call.action, call.object = request.action, request.object
            self.rate_limit.check()
            return await self._respond(call, request)
        except ApiError as error:
            self._log(call, error.code)
            return error_response(error.code, error.message, call.request_id)

    def _authenticate(self, call: Call, headers: Mapping[str, str], body: bytes) -> None:
        try:
            self.keyring.verify(headers, body, time.time())
        except ApiError as error:
            call.signature = error.code
            raise
        call.signature = VERIFIED

    async def _respond(self, call: Call, request: DetectRequest) -> Response:
        image = await self._fetch(call, request)
        effect, chance = self.stub_rules.choose(call)
        delay = effect.slow + effect.jitter * chance.uniform(-1, 1)
        await asyncio.sleep(max(0.0, delay) / 1000)
        result = effect.result or LIVE
        if isinstance(result, Detected) or result in NEEDS_VALID_IMAGE:
            if isinstance(image, ApiError):
                raise image
            await asyncio.to_thread(check_image, image)
        # A truncated response is a detection that did not reach the caller whole.
        billed = isinstance(result, Detected) or result is Fault.TRUNCATED
        self._log(call, str(result), billed=billed)
        return response(result, request, call.request_id, effect, chance)

    async def _fetch(self, call: Call, request: DetectRequest) -> bytes | ApiError:
        """Get the bytes. An error is returned, because a stub rule may set another result."""
        call.inline = request.url is None
        try:
            if request.url is not None:
                content = await self.downloader.get(request.url)
            else:
                content = decode_base64(request.image or "")
        except ApiError as error:
            return error
        call.sha256 = hashlib.sha256(content).hexdigest()
        if call.object is None:
            call.object = self._objects.get(call.sha256)
        else:
            self._objects[call.sha256] = call.object
        return content

    def _log(self, call: Call, outcome: str, *, billed: bool = False) -> None:
        call.at = iso_8601(datetime.now(UTC))
        call.outcome, call.billed = outcome, billed
        self.request_log.append(call)
        # ascii() because an object's name may hold line breaks.
        _LOG.info("%s %s -> %s", call.action, ascii(call.picture), call.outcome)
