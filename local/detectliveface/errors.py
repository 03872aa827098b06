"""The one exception of the fake: an error response of the API."""


class ApiError(Exception):
    """Ends a call with `Response.Error` (docs/detectliveface-api.md, "Answers").

    `message` reaches the caller and the log, so it never quotes the request.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
