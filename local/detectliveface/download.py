"""Fetching `Url` the way the service does: one GET, three seconds, no redirects."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

import h11

from liveness.picture import MAX_BYTES
from local.detectliveface.refusal import Refusal

# Documented for a sibling product (api-facts, "Limits").
SECONDS = 3.0
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Downloader:
    """`tls` trusts the system's authorities, and whom `SSL_CERT_FILE` names."""

    tls: ssl.SSLContext
    seconds: float = SECONDS

    async def get(self, url: str) -> bytes:
        """Return the body of a 200 answer.

        One byte more than a picture may have is enough to know that it is too large: the rest
        is not read. Raises Refusal with FailedOperation.ImageDownloadError for every failure.
        """
        try:
            async with asyncio.timeout(self.seconds):
                return await self._get(url)
        except TimeoutError as cause:
            raise _failed(f"the download took over {self.seconds:g} seconds") from cause
        # The causes' texts may hold what the far side sent; only their kind is told.
        except (OSError, h11.RemoteProtocolError, UnicodeError) as cause:
            raise _failed(type(cause).__name__) from cause

    async def _get(self, url: str) -> bytes:
        parts = urlsplit(url)
        encrypted = parts.scheme == "https"
        reader, writer = await asyncio.open_connection(
            parts.hostname,
            parts.port or (443 if encrypted else 80),
            ssl=self.tls if encrypted else None,
        )
        try:
            connection = h11.Connection(h11.CLIENT)
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            host = parts.netloc.rpartition("@")[2]
            request = h11.Request(
                method="GET",
                target=target,
                headers=[("Host", host), ("Accept", "image/*"), ("Connection", "close")],
            )
            writer.write(connection.send(request) or b"")
            writer.write(connection.send(h11.EndOfMessage()) or b"")
            return await _body_of(connection, reader)
        finally:
            writer.close()


async def _body_of(connection: h11.Connection, reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while len(body) <= MAX_BYTES:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(_CHUNK))
        elif isinstance(event, h11.Response):
            if event.status_code != 200:  # noqa: PLR2004 - HTTP's own number
                raise _failed(f"HTTP status {event.status_code}")
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            break
        elif not isinstance(event, h11.InformationalResponse):
            raise _failed("the connection ended before the answer")
    return bytes(body[: MAX_BYTES + 1])


def _failed(why: str) -> Refusal:
    return Refusal("FailedOperation.ImageDownloadError", f"The image was not downloaded: {why}")
