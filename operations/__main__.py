"""The operators' command line: `python -m operations COMMAND`; make targets are its shortcuts.

A command is a module in COMMANDS. Its name is the command's, its docstring the help text.
`run(arguments, stack)` returns the exit status, and raises UserError or what boto3 raises;
`add_arguments(parser)` is there where it takes more than --stack.
"""

import argparse
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import NoReturn

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from operations import (
    backfill,
    delete,
    doctor,
    evaluate,
    failed,
    forget,
    logs,
    replay,
    secret,
    status,
    verdict,
    verdicts,
)
from operations.console import printable
from operations.errors import UserError
from operations.stack import Stack

COMMANDS: Sequence[ModuleType] = (
    status,
    doctor,
    logs,
    verdict,
    verdicts,
    evaluate,
    failed,
    replay,
    backfill,
    forget,
    secret,
    delete,
)

_DESCRIPTION = """\
Operate a deployed selfie-liveness stack. Account and region come from the environment, as for the
AWS CLI (AWS_PROFILE, AWS_DEFAULT_REGION); for the local cloud, `source .local/cloud.env` first.
`COMMAND --help` describes one command; docs/operating.md says when to use which, and the
permissions that it needs. Exit status: 0 done, 1 not done, 2 usage, 130 interrupted.
"""


def main(arguments: Sequence[str] | None = None, session: boto3.Session | None = None) -> int:
    """Run one command and return its exit status; SystemExit for usage, as argparse has it.

    Whatever an operator can act on ends as one line on stderr. Notes of an exception (PEP 678)
    say how far the command had come.
    """
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options, Stack.read(session or boto3.Session(), options.stack)))
    except UserError as error:
        return _stop(error, str(error))
    except (ClientError, BotoCoreError) as error:
        return _stop(error, f"AWS failed: {error}. Permissions: docs/operating.md#permissions.")
    except KeyboardInterrupt as interrupt:
        return _stop(interrupt, "Interrupted.", exit_status=130)
    except BrokenPipeError as error:
        sys.stderr.close()  # or the interpreter complains there that it cannot flush stdout
        return 1 if hasattr(error, "__notes__") else 0


def _stop(error: BaseException, text: str, exit_status: int = 1) -> int:
    line = " ".join(" ".join([text, *getattr(error, "__notes__", [])]).split())
    print(printable(line), file=sys.stderr)
    return exit_status


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        super().error(printable(message))


def _parser() -> argparse.ArgumentParser:
    layout = argparse.RawDescriptionHelpFormatter
    parser = _Parser("python -m operations", description=_DESCRIPTION, formatter_class=layout)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        name, text = command.__name__.rpartition(".")[2], command.__doc__ or ""
        summary = text.partition("\n")[0]
        options = commands.add_parser(name, help=summary, description=text, formatter_class=layout)
        stack = "name of the stack (default: %(default)s)"
        options.add_argument("--stack", default="selfie-liveness", metavar="NAME", help=stack)
        options.set_defaults(run=command.run)
        if hasattr(command, "add_arguments"):
            command.add_arguments(options)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
