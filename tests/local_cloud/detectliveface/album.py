"""Pictures made here, and a host that serves them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from types import TracebackType
from typing import Self
from urllib.parse import quote, unquote, urlsplit

from PIL import Image

QUERY = "X-Amz-Signature=not-for-any-journal"
"""What a presigned address carries; nothing of it may turn up anywhere."""


def picture(
    width: int = 90, height: int = 120, kind: str = "JPEG", colour: str = "peru", size: int = 0
) -> bytes:
    """A picture of one colour; `size` pads the file with bytes that no decoder looks at."""
    content = BytesIO()
    Image.new("RGB", (width, height), colour).save(content, kind)
    return content.getvalue().ljust(size, b"\0")


@dataclass(frozen=True, slots=True)
class Page:
    """What the host answers: `promised` is the length it announces, its own by default."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    promised: int | None = None


class Album:
    """A host of pictures at `url`, on loopback; it remembers who asked for what."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.asked: list[str] = []
        album = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = unquote(urlsplit(self.path).path)
                album.asked.append(self.path)
                page = album.pages.get(path, Page(b"", 404))
                self.send_response(page.status)
                promised = len(page.body) if page.promised is None else page.promised
                for name, value in {"Content-Length": str(promised), **page.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    self.wfile.write(page.body)
                except ConnectionError:
                    # Who has read enough may leave.
                    self.close_connection = True

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def put(self, name: str, page: Page | bytes | None = None) -> str:
        """Serve `page` (a good picture, unless given) and return its presigned address."""
        content = picture() if page is None else page
        path = f"/uploads/selfies/{name}"
        self.pages[path] = content if isinstance(content, Page) else Page(content)
        return f"{self.url}{quote(path)}?{QUERY}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
