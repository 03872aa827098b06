"""Downloads that fail, with a shorter timeout than the service's."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator

import pytest

from local.detectliveface.download import Downloader
from local.detectliveface.errors import ApiError


@pytest.fixture
def silent_host() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/live.jpg?secret"


def test_a_timeout_is_a_failed_download(silent_host: str) -> None:
    downloader = Downloader(ssl.create_default_context(), timeout=0.05)
    with pytest.raises(ApiError) as raised:
        asyncio.run(downloader.get(silent_host))
    assert raised.value.code == "FailedOperation.ImageDownloadError"
    assert "secret" not in str(raised.value)


def test_a_closed_connection_is_a_failed_download() -> None:
    async def download_from_closing_host() -> None:
        def close_at_once(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.close()

        async with await asyncio.start_server(close_at_once, "127.0.0.1", 0) as host:
            port = host.sockets[0].getsockname()[1]
            await Downloader(ssl.create_default_context()).get(f"http://127.0.0.1:{port}/a.jpg")

    with pytest.raises(ApiError) as raised:
        asyncio.run(download_from_closing_host())
    assert raised.value.code == "FailedOperation.ImageDownloadError"


def test_a_url_for_another_region_than_the_hosts_is_a_failed_download() -> None:
    url = "https://a.s3.amazonaws.com/a.jpg?X-Amz-Credential=k%2F20261120%2Feu-west-1%2Fs3%2Faws4_request"

    with pytest.raises(ApiError) as raised:
        asyncio.run(Downloader(ssl.create_default_context()).get(url))

    assert raised.value.code == "FailedOperation.ImageDownloadError"
    assert "us-east-1" in raised.value.message
