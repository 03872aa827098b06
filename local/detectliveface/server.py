"""The stand-in as a child process, for tests and for the local cloud.

>>> with DetectLiveFaceServer(log=directory / "detectliveface.log") as server:
...     server.url                                    # http://127.0.0.1:port
...     server.control.set_rules({"effect": "error-InternalError", "times": 1})
...     server.control.calls().billed
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from liveness.tencent.signing import Credentials
from local.detectliveface.journal import Call, Count
from local.detectliveface.rate import DEFAULT_PER_SECOND
from local.detectliveface.script import DEFAULT_SEED

SECRET_ID, SECRET_KEY, TOKEN = (
    f"TENCENTCLOUD_{part}" for part in ("SECRET_ID", "SECRET_KEY", "TOKEN")
)
MADE_UP = Credentials("AKIDMADEUPFORTHELOCALCLOUDONLY000001", "madeUpForTheLocalCloudOnly000001")
"""What the stand-in accepts unless it is told otherwise."""

_ROOT = Path(__file__).parents[2]
_POLL_SECONDS = 0.02
_ANSWER_SECONDS = 10
_STOP_SECONDS = 5


class StandInDidNotStart(RuntimeError):
    """The child ended or was not ready in time; the message says where its log is."""


class ControlRefused(RuntimeError):
    """The control endpoint could not read what it was sent; the message says why."""


@dataclass(frozen=True, slots=True)
class Calls:
    """What `GET /_control/calls` tells; `pictures` go by decoded path, or `sha256:…`."""

    total: int
    billed: int
    pictures: dict[str, Count]
    calls: tuple[Call, ...]


class Control:
    """The control endpoint of a stand-in at `url`."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/_control"
        self._session = requests.Session()
        # A proxy of the environment has no business on loopback.
        self._session.trust_env = False

    def close(self) -> None:
        """Give the kept connections back."""
        self._session.close()

    def healthy(self) -> bool:
        """Whether the stand-in answers."""
        try:
            return bool(self._send("GET", "health")["status"] == "ok")
        except requests.RequestException:
            return False

    def calls(self, after: int = 0) -> Calls:
        """Return the journal; of its calls those numbered above `after`."""
        told = self._send("GET", f"calls?after={after}")
        return Calls(
            told["total"],
            told["billed"],
            {picture: Count(**count) for picture, count in told["pictures"].items()},
            tuple(Call(**call) for call in told["calls"]),
        )

    def set_rules(self, *rules: dict[str, Any], seed: int = DEFAULT_SEED) -> None:
        """Put these rules in force instead of all others (README.md, "Rules")."""
        self._send("POST", "rules", {"rules": list(rules), "seed": seed})

    def set_credentials(self, *accepted: Credentials) -> None:
        """Accept these and no others: a rotation, or with none of them a revocation."""
        told = [
            {"SecretId": each.secret_id, "SecretKey": each.secret_key}
            | ({"Token": each.token} if each.token else {})
            for each in accepted
        ]
        self._send("PUT", "credentials", {"credentials": told})

    def set_rate(self, per_second: int | None) -> None:
        """Limit the calls a second; None lifts the limit."""
        self._send("PUT", "rate", {"per_second": per_second})

    def reset(self) -> None:
        """Forget calls, rules and pictures' names; keys and rate stay as they are."""
        self._send("POST", "reset")

    def _send(self, method: str, path: str, content: Any = None) -> dict[str, Any]:
        response = self._session.request(
            method, f"{self._url}/{path}", json=content, timeout=_ANSWER_SECONDS
        )
        told: dict[str, Any] = response.json()
        if not response.ok:
            raise ControlRefused(told.get("problem", f"HTTP status {response.status_code}"))
        return told


class DetectLiveFaceServer:
    """Starts the stand-in on entering and ends it on leaving, whatever happened in between.

    Its output goes to the file `log`. `ca_file` is an authority to trust in https downloads.
    Should this process die without leaving, the child's standard input ends, and so does it.
    """

    def __init__(
        self,
        *,
        log: Path,
        credentials: Credentials = MADE_UP,
        port: int = 0,
        rate: int = DEFAULT_PER_SECOND,
        ca_file: Path | None = None,
        ready_within: float = 15.0,
    ) -> None:
        self.log = log
        self.credentials = credentials
        self._options = ["--port", str(port), "--rate", str(rate), "--exit-with-stdin"]
        if ca_file is not None:
            self._options += ["--ca-file", str(ca_file.resolve())]
        self._ready_within = ready_within
        self._process: subprocess.Popen[bytes] | None = None
        self._address = ""
        self._control: Control | None = None

    @property
    def endpoint(self) -> str:
        """Host and port, as the official SDK wants it."""
        return self._address

    @property
    def url(self) -> str:
        """The API's address: `http://127.0.0.1:port`."""
        return f"http://{self._address}"

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs."""
        return None if self._process is None else self._process.pid

    @property
    def control(self) -> Control:
        """The control endpoint; raises RuntimeError before the start."""
        if self._control is None:
            raise RuntimeError("the stand-in is not running")
        return self._control

    def __enter__(self) -> Self:
        """Start; raises StandInDidNotStart."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    def start(self) -> None:
        """Start the child and wait until it answers; raises StandInDidNotStart."""
        with tempfile.TemporaryDirectory(prefix="detectliveface-") as directory:
            port_file = Path(directory, "port")
            with self.log.open("ab") as log:
                self._process = subprocess.Popen(
                    [
                        *(sys.executable, "-m", "local.detectliveface"),
                        *("--port-file", str(port_file)),
                        *self._options,
                    ],
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    cwd=_ROOT,
                    env=_environment(self.credentials),
                    # An interrupt at the terminal is for the parent to pass on.
                    process_group=0,
                )
            try:
                port = self._port_in(port_file)
            except BaseException:
                self.stop()
                raise
        self._address = f"127.0.0.1:{port}"
        self._control = Control(self.url)

    def stop(self) -> None:
        """End the child, kindly and then not; nothing happens where none runs."""
        if self._control is not None:
            self._control.close()
            self._control = None
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        finally:
            if process.stdin is not None:
                process.stdin.close()

    def _port_in(self, port_file: Path) -> int:
        deadline = time.monotonic() + self._ready_within
        while not port_file.exists():
            if self._process is None or self._process.poll() is not None:
                raise StandInDidNotStart(f"the DetectLiveFace stand-in ended; see {self.log}")
            if time.monotonic() > deadline:
                raise StandInDidNotStart(
                    f"the DetectLiveFace stand-in is not ready after {self._ready_within:g} s; "
                    f"see {self.log}"
                )
            time.sleep(_POLL_SECONDS)
        return int(port_file.read_text())


def _environment(credentials: Credentials) -> dict[str, str]:
    # By environment, because everybody on the machine can read a command line.
    environment = {name: value for name, value in os.environ.items() if name != TOKEN}
    environment |= {SECRET_ID: credentials.secret_id, SECRET_KEY: credentials.secret_key}
    return environment | ({TOKEN: credentials.token} if credentials.token else {})
