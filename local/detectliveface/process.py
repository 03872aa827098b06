"""The fake as a child process, for tests and for the local cloud.

>>> with FakeDetectLiveFace(log=directory / "detectliveface.log") as fake:
...     fake.url                                    # http://127.0.0.1:port
...     fake.control.set_rules({"effect": "error-InternalError", "times": 1})
...     fake.control.calls().billed
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from liveness.credentials import TencentCredentials
from local.console import UserError
from local.detectliveface.control_client import ControlClient
from local.detectliveface.request import DEFAULT_CALLS_PER_SECOND
from local.process_group import start_process_group, stop_process_group
from local.setup import PROJECT

SECRET_ID, SECRET_KEY, TOKEN = (
    f"TENCENTCLOUD_{part}" for part in ("SECRET_ID", "SECRET_KEY", "TOKEN")
)
DEFAULT_CREDENTIALS = TencentCredentials(
    "AKIDMADEUPFORTHELOCALCLOUDONLY000001", "madeUpForTheLocalCloudOnly000001"
)
"""Made up; what the fake accepts by default."""

_POLL_SECONDS = 0.02


@dataclass(kw_only=True, slots=True)
class FakeDetectLiveFace:
    """Starts the fake on entering and stops it on leaving, also when this process is killed.

    Its output is appended to the file `log`. `ca_file` is a CA bundle for https downloads. Once
    it runs, `endpoint` is its host and port, as the official SDK takes them, and `control` a
    client of its control endpoint.
    """

    log: Path
    credentials: TencentCredentials = DEFAULT_CREDENTIALS
    port: int = 0
    rate: int = DEFAULT_CALLS_PER_SECOND
    ca_file: Path | None = None
    ready_within: float = 15.0
    endpoint: str = field(init=False)
    control: ControlClient = field(init=False)
    _process: subprocess.Popen[bytes] = field(init=False)

    @property
    def url(self) -> str:
        """The API's URL: `http://127.0.0.1:port`."""
        return f"http://{self.endpoint}"

    def __enter__(self) -> Self:
        """Start the child and wait until it is ready. Raises UserError."""
        with tempfile.TemporaryDirectory(prefix="detectliveface-") as directory:
            port_file = Path(directory, "port")
            command = [sys.executable, "-m", "local.detectliveface", "--port-file", str(port_file)]
            command += ["--port", str(self.port), "--rate", str(self.rate)]
            command += ["--ca-file", str(self.ca_file.resolve())] if self.ca_file else []
            self._process = start_process_group(
                command, log=self.log, environment=self._environment(), directory=PROJECT
            )
            try:
                self.endpoint = f"127.0.0.1:{self._wait_for_port(port_file)}"
            except BaseException:
                stop_process_group(self._process)
                raise
        self.control = ControlClient(self.url)
        return self

    def __exit__(self, *_: object) -> None:
        self.control.close()
        stop_process_group(self._process)

    def _wait_for_port(self, port_file: Path) -> int:
        deadline = time.monotonic() + self.ready_within
        while not (port_file.exists() and port_file.read_text().endswith("\n")):
            if self._process.poll() is not None:
                raise UserError("The DetectLiveFace fake did not start.", "Try again.", self.log)
            if time.monotonic() > deadline:
                happened = f"The DetectLiveFace fake was not ready within {self.ready_within:g} s."
                raise UserError(happened, "Try again.", self.log)
            time.sleep(_POLL_SECONDS)
        return int(port_file.read_text())

    def _environment(self) -> dict[str, str]:
        # The key is not on the command line, which everybody on the machine can read.
        inherited = {name: value for name, value in os.environ.items() if name != TOKEN}
        token = {TOKEN: self.credentials.token} if self.credentials.token else {}
        key = {SECRET_ID: self.credentials.secret_id, SECRET_KEY: self.credentials.secret_key}
        return {**inherited, **key, **token}
