"""The one exception of the stand-in: an error answer of the API."""

from __future__ import annotations


class Refusal(Exception):
    """Ends a call with `Response.Error` (detect-live-face.txt §6; api-facts, "Answers").

    `message` reaches the caller and the log, so it never quotes what the caller sent.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
