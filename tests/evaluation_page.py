"""Generates the report and the picture of docs/evaluation.md: ``python -m tests.evaluation_page``.

It runs `detectliveface evaluate` as a user does, on a synthetic set and against the fake.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from liveness.models import Action
from local.detectliveface.process import DEFAULT_CREDENTIALS, FakeDetectLiveFace
from tests.evaluation_set import LARGE, create_set
from tests.marked import DOCS, Marked

COMMAND = "python -m tests.evaluation_page"
PAGE = Marked("evaluation.md", COMMAND)
MAX_APCER = "0.05"
PICTURE = "evaluation-det"
_ENVIRONMENT = {
    "TENCENTCLOUD_SECRET_ID": DEFAULT_CREDENTIALS.secret_id,
    "TENCENTCLOUD_SECRET_KEY": DEFAULT_CREDENTIALS.secret_key,
}
_PROGRAM = Path(sys.executable).with_name("detectliveface")


def run_command(folder: Path) -> tuple[str, str]:
    """Run the command in a folder; its progress, and the report that it kept."""
    actions = " ".join(f"--action {action}" for action in Action)
    shown = f"detectliveface evaluate pictures --max-apcer {MAX_APCER} --rate 40 {actions}"
    with FakeDetectLiveFace(log=folder / "fake.log") as fake:
        fake.control.set_rules(*create_set(folder / "pictures", LARGE))
        fake.control.set_rate(None)
        done = subprocess.run(
            [_PROGRAM, *shown.split()[1:], "--endpoint", fake.url],
            cwd=folder,
            env=_ENVIRONMENT,
            input="yes\n",
            capture_output=True,
            text=True,
            check=True,
        )
    progress = done.stderr.replace(fake.url, "https://iai.tencentcloudapi.com")
    asked = progress.replace("(yes/no) ", "(yes/no) yes\n").splitlines()
    lines = [f"$ {shown}", *asked[:3], "  …", asked[-1], done.stdout.splitlines()[-1]]
    report = (folder / "evaluation-report" / "report.md").read_text()
    return "\n".join(lines), report


def shown_report(report: str) -> str:
    """The report as the page has it: its headings one level lower, its picture from docs/."""
    title, _, rest = report.partition("\n")
    text = rest.replace("\n## ", "\n### ").replace("(det.svg)", f"({PICTURE}.svg)")
    return f"**{title.removeprefix('# ')}**\n{text}"


def main() -> None:
    """Renew the page's parts and both pictures."""
    with tempfile.TemporaryDirectory() as folder:
        terminal, report = run_command(Path(folder))
        for kind in ("png", "svg"):
            shutil.copy(
                Path(folder, "evaluation-report", f"det.{kind}"), DOCS / f"{PICTURE}.{kind}"
            )
    PAGE.replace("terminal", f"```\n{terminal}\n```\n")
    PAGE.replace("report", shown_report(report))


if __name__ == "__main__":
    main()
