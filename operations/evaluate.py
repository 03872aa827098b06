"""Measure how well labelled uploads were judged, from the verdicts table, without a call.

A CSV says what was in front of the camera: the columns object (s3://bucket/key) or id, label
(bona_fide or attack), and perhaps version and instrument. The figures are those of `detectliveface
evaluate`; docs/evaluation.md describes them.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from evaluation.options import add_report_arguments
from evaluation.output import show
from evaluation.results import with_systems, write_results
from operations.errors import UserError
from operations.labels import join, read_labels
from operations.stack import Stack
from operations.verdicts_table import VerdictsTable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --labels, and what `detectliveface evaluate` takes for its report."""
    labels = "CSV with object or id, label, and perhaps version and instrument"
    parser.add_argument("--labels", type=Path, required=True, metavar="FILE", help=labels)
    add_report_arguments(parser, "keep the joined rows in this new file, a CSV")


def run(arguments: argparse.Namespace, stack: Stack) -> int:
    """Join, report; 0. Raises UserError where no label has a verdict."""
    table = VerdictsTable(stack)
    joined = join(read_labels(arguments.labels), table)
    print(joined.summary(), file=sys.stderr)
    results = with_systems(joined.results)
    if arguments.results:
        try:
            write_results(arguments.results, results)
        except OSError as error:
            raise UserError(
                f"{arguments.results} cannot be written: {error.strerror}. Nothing is replaced."
            ) from None
    show(results, arguments, print)
    return 0
