"""How long a download may take, with less patience than the service has."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator

import pytest

from local.detectliveface.download import Downloader
from local.detectliveface.refusal import Refusal


@pytest.fixture
def silent_host() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/live.jpg?secret"


def test_a_host_that_does_not_answer_in_time_is_a_failed_download(silent_host: str) -> None:
    downloader = Downloader(ssl.create_default_context(), seconds=0.05)
    with pytest.raises(Refusal) as refused:
        asyncio.run(downloader.get(silent_host))
    assert refused.value.code == "FailedOperation.ImageDownloadError"
    assert "secret" not in str(refused.value)


def test_a_host_that_hangs_up_at_once_is_a_failed_download() -> None:
    async def ask_a_host_that_hangs_up() -> None:
        def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.close()

        async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as host:
            port = host.sockets[0].getsockname()[1]
            await Downloader(ssl.create_default_context()).get(f"http://127.0.0.1:{port}/a.jpg")

    with pytest.raises(Refusal) as refused:
        asyncio.run(ask_a_host_that_hangs_up())
    assert refused.value.code == "FailedOperation.ImageDownloadError"
