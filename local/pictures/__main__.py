"""`python -m local.pictures DIRECTORY`: write the demo's pictures and list what comes of each."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from local.pictures import draw


def main() -> None:
    """Draw into the directory that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m local.pictures", description=__doc__)
    parser.add_argument("directory", type=Path, help="created where it is missing")
    for picture in draw(parser.parse_args().directory):
        expected = f"{picture.outcome} {picture.reason or ''}"
        sys.stdout.write(f"{expected:<30}{picture.path}  →  {picture.key}\n")


if __name__ == "__main__":
    main()
