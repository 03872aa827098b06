"""One call from its bytes to its answer: the stand-in's pipeline and all the state it has."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

from starlette.responses import Response

from liveness.model import Action, Outcome, as_text
from local.detectliveface import answer, contract, decoding, rate
from local.detectliveface.authentication import Keyring
from local.detectliveface.download import Downloader
from local.detectliveface.effect import LIVE, SEEN_IN_PICTURE, Effect, End, Judged, Refused, Status
from local.detectliveface.journal import NOT_CHECKED, VERIFIED, Call, Journal
from local.detectliveface.refusal import Refusal
from local.detectliveface.script import Script, Subject

_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class _Notes:
    """What is known so far of the call in hand."""

    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    signature: str = NOT_CHECKED
    action: Action | None = None
    object: str | None = None
    sha256: str | None = None
    inline: bool = False


@dataclass(slots=True)
class Service:
    """Answers calls. All of it runs on one event loop, so that its state needs no lock.

    `now` is in seconds since 1970.
    """

    keyring: Keyring
    limit: rate.RateLimit
    downloader: Downloader
    script: Script
    journal: Journal
    now: Callable[[], float]
    # What bytes were last seen under: an inline picture has no name of its own.
    _objects: dict[str, str] = field(default_factory=dict)

    def forget(self) -> None:
        """Drop the journal, the rules and the pictures' names; keys and rate stay."""
        self.journal.clear()
        self.script.clear()
        self._objects.clear()

    async def answer(
        self, method: str, headers: Mapping[str, str], body: bytes, size: int
    ) -> Response:
        """Answer one request to `/`.

        `headers` go by lower-case names; of a request that is too large `body` may be a part,
        and `size` is the whole.
        """
        notes = _Notes()
        try:
            contract.check_protocol(method, headers, size)
            contract.check_common_parameters(headers)
            self._authenticate(notes, headers, body)
            question = contract.question_in(headers, body)
            notes.action, notes.object = question.action, question.object
            self._admit()
            return await self._answer(notes, question)
        except Refusal as refusal:
            self._write(notes, refusal.code)
            return answer.document(answer.error(refusal.code, refusal.message, notes.request_id))

    def _authenticate(self, notes: _Notes, headers: Mapping[str, str], body: bytes) -> None:
        try:
            self.keyring.verify(headers, body, self.now())
        except Refusal as refusal:
            notes.signature = refusal.code
            raise
        notes.signature = VERIFIED

    def _admit(self) -> None:
        if not self.limit.admits():
            raise Refusal(rate.CODE, "The request frequency exceeds the limit")

    async def _answer(self, notes: _Notes, question: contract.Question) -> Response:
        picture = await self._fetch(notes, question)
        subject = Subject(question.action, notes.object, notes.sha256, notes.inline)
        effect, chance = self.script.choose(subject)
        await asyncio.sleep(_pause(effect, chance))
        end = effect.end or LIVE
        if isinstance(end, Judged) or end in SEEN_IN_PICTURE:
            if isinstance(picture, Refusal):
                raise picture
            await asyncio.to_thread(decoding.check_picture, picture)
        return self._ended(notes, question, effect, end, chance)

    async def _fetch(self, notes: _Notes, question: contract.Question) -> bytes | Refusal:
        """Get the bytes; a refusal is kept, because the script may have another end in mind."""
        notes.inline = question.url is None
        try:
            if question.url is not None:
                content = await self.downloader.get(question.url)
            else:
                content = decoding.from_base64(question.image or "")
        except Refusal as refusal:
            return refusal
        notes.sha256 = contract.sha256_of(content)
        if notes.object is None:
            notes.object = self._objects.get(notes.sha256)
        else:
            self._objects[notes.sha256] = notes.object
        return content

    def _ended(
        self,
        notes: _Notes,
        question: contract.Question,
        effect: Effect,
        end: End,
        chance: Random,
    ) -> Response:
        request_id = notes.request_id
        match end:
            case Judged(live):
                self._write(notes, Outcome.LIVE if live else Outcome.NOT_LIVE, billed=True)
                told = answer.verdict(question.action, question.model, end, request_id)
                return answer.document(told, effect.drip)
            case Refused(code):
                self._write(notes, code)
                told = answer.error(code, "The stand-in was told to answer this", request_id)
                return answer.document(told, effect.drip)
            case Status(status):
                self._write(notes, f"status-{status}")
                return answer.page(status)
            case fault:
                self._write(notes, fault)
                truth = answer.verdict(question.action, question.model, LIVE, request_id)
                return answer.fault(fault, truth, chance)

    def _write(self, notes: _Notes, outcome: str, *, billed: bool = False) -> None:
        call = Call(
            number=self.journal.next_number,
            at=as_text(datetime.fromtimestamp(self.now(), UTC)),
            request_id=notes.request_id,
            signature=notes.signature,
            outcome=str(outcome),
            billed=billed,
            action=notes.action,
            object=notes.object,
            sha256=notes.sha256,
            inline=notes.inline,
        )
        self.journal.write(call)
        # ascii() because an object's name may hold line breaks.
        _LOG.info("%s %s -> %s", call.action, ascii(call.picture), call.outcome)


def _pause(effect: Effect, chance: Random) -> float:
    return max(0.0, effect.slow + effect.jitter * chance.uniform(-1, 1)) / 1000
