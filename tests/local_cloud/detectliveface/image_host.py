"""Images made here, and an HTTP server for them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from io import BytesIO
from urllib.parse import quote

from PIL import Image
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

QUERY = "X-Amz-Signature=not-for-any-log"
"""The query of a presigned URL; nothing of it may be logged anywhere."""


def image(
    width: int = 90, height: int = 120, kind: str = "JPEG", colour: str = "peru", size: int = 0
) -> bytes:
    """An image of one colour; `size` pads the file with bytes that decoders ignore."""
    content = BytesIO()
    Image.new("RGB", (width, height), colour).save(content, kind)
    return content.getvalue().ljust(size, b"\0")


@dataclass(frozen=True, slots=True)
class Page:
    """What the host responds with; `headers` override those of the body, its length included."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class ImageHost:
    """Serves pages by path; `targets` has what was requested, as it was sent."""

    def __init__(self, server: HTTPServer) -> None:
        self.url = server.url_for("/").removesuffix("/")
        self.pages: dict[str, Page] = {}
        self.targets: list[str] = []
        server.expect_request(re.compile("")).respond_with_handler(self._respond)

    def put(self, name: str, page: Page | bytes | None = None) -> str:
        """Serve `page` (by default a valid image) and return its presigned URL."""
        content = image() if page is None else page
        path = f"/uploads/selfies/{name}"
        self.pages[path] = content if isinstance(content, Page) else Page(content)
        return f"{self.url}{quote(path)}?{QUERY}"

    def _respond(self, request: Request) -> Response:
        self.targets.append(request.environ["REQUEST_URI"])
        page = self.pages.get(request.path, Page(b"", 404))
        headers = {"Content-Length": str(len(page.body)), **page.headers}
        # As a list: werkzeug would correct the length of a body in bytes.
        return Response([page.body], page.status, headers)
