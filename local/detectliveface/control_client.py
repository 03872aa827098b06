"""A client of the control endpoint (README.md, "Control")."""

from typing import Any

import requests
from pydantic import TypeAdapter

from liveness.credentials import TencentCredentials
from local.detectliveface.request_log import Calls
from local.detectliveface.stub_rules import DEFAULT_SEED

TIMEOUT_SECONDS = 10
_CALLS = TypeAdapter(Calls)


class ControlError(RuntimeError):
    """The control endpoint rejected a request; the message says why."""


class ControlClient:
    """The control endpoint of the fake at `url`."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/_control"
        self._session = requests.Session()
        # Not through a proxy that the environment may name.
        self._session.trust_env = False

    def close(self) -> None:
        self._session.close()

    def calls(self, after: int = 0) -> Calls:
        """Return the request log, with the calls numbered above `after`."""
        return _CALLS.validate_python(self._send("GET", f"calls?after={after}"))

    def set_rules(self, *rules: dict[str, Any], seed: int = DEFAULT_SEED) -> None:
        """Replace all rules (README.md, "Rules")."""
        self._send("POST", "rules", {"rules": list(rules), "seed": seed})

    def set_credentials(self, *accepted: TencentCredentials) -> None:
        """Accept these and no others: a rotation, or without any a revocation."""
        self._send("PUT", "credentials", {"credentials": [each.parts for each in accepted]})

    def set_rate(self, per_second: int | None) -> None:
        """Limit the calls per second; None for no limit."""
        self._send("PUT", "rate", {"per_second": per_second})

    def reset(self) -> None:
        """Clear the request log, rules and images' names; keys and rate stay."""
        self._send("POST", "reset")

    def _send(self, method: str, path: str, content: Any = None) -> dict[str, Any]:
        response = self._session.request(
            method, f"{self._url}/{path}", json=content, timeout=TIMEOUT_SECONDS
        )
        document: dict[str, Any] = response.json()
        if not response.ok:
            raise ControlError(document.get("problem", f"HTTP status {response.status_code}"))
        return document
