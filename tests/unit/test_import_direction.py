"""Imports run one way through layers/liveness and functions/, and none closes a circle."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent.parent
LAYER = PROJECT / "layers" / "liveness"
FUNCTIONS = PROJECT / "functions"

# A part may import itself and the parts of earlier ranks. A new module needs its place here.
RANKS = (
    {"models", "sources"},
    {"errors"},
    {"credentials", "digests"},
    {"backoff", "decision", "image_rules", "ports", "reuse", "trace", "verdict_record"},
    {"deferred_verdict", "picture"},
    {"aws", "events", "process_upload", "tencent"},
    {"cli", "functions"},
    # The upload API is a package of its own, whose modules have their order too.
    {"upload_api.attempts"},
    {"upload_api.uploads"},
    {
        "upload_api.pictures",
        "upload_api.subjects",
        "upload_api.uploads_table",
        "upload_api.verdicts_table",
    },
    {"upload_api.schemas"},
    {"upload_api.idempotency", "upload_api.problems"},
    {"upload_api.routes"},
    {"upload_api.bootstrap"},
    {"upload_api.app"},
)
RANK = {part: rank for rank, parts in enumerate(RANKS) for part in parts}
READS_ENVIRONMENT = {"app", "bootstrap", "upload_api.app"}

type Sources = Mapping[str, str]


def sources(folder: Path) -> dict[str, str]:
    """Source by dotted name of each module below a folder that is on `sys.path`."""
    return {
        ".".join(path.relative_to(folder).with_suffix("").parts).removesuffix(".__init__"): (
            path.read_text()
        )
        for path in sorted(folder.rglob("*.py"))
    }


LIVENESS = {
    name: source for name, source in sources(LAYER).items() if name.split(".")[0] == "liveness"
}
UPLOAD_API = {
    name: source for name, source in sources(FUNCTIONS).items() if name.startswith("upload_api")
}
APPLICATIONS = [
    pytest.param(LIVENESS | sources(FUNCTIONS / "check_liveness"), id="check_liveness"),
    pytest.param(LIVENESS | UPLOAD_API, id="upload_api"),
]


def part(module: str) -> str:
    """The module or package directly below `liveness`, or a module of the upload API.

    Every module of the function that decides is `functions`. A package itself has no part.
    """
    package, _, rest = module.partition(".")
    match package:
        case "liveness":
            return rest.partition(".")[0]
        case "upload_api":
            return rest and module
    return "functions"


def imports(modules: Sources) -> dict[str, set[str]]:
    """Which of these modules each of them imports, wherever in its source."""
    return {
        name: {each for each in imported_names(source) if each in modules and part(each)}
        for name, source in modules.items()
    }


def imported_names(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names):
                yield from (each.name for each in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield module
                yield from (f"{module}.{each.name}" for each in names)


def against_the_direction(modules: Sources) -> list[str]:
    return [
        f"{module} imports {imported}"
        for module, found in imports(modules).items()
        for imported in sorted(found)
        if part(module) != part(imported) and RANK[part(module)] <= RANK[part(imported)]
    ]


def circle(modules: Sources) -> list[str]:
    """The modules of one import circle, if there is any."""
    try:
        TopologicalSorter(imports(modules)).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def reads_environment(source: str) -> bool:
    """Whether importing a module reads the environment; bodies of functions do not run then."""
    pending: list[ast.AST] = [ast.parse(source)]
    while pending:
        match node := pending.pop():
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                pending += [*node.decorator_list, node.args]
            case ast.Lambda():
                pending.append(node.args)
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in {"environ", "getenv"}:
                return True
            case _:
                pending += ast.iter_child_nodes(node)
    return False


@pytest.mark.parametrize("modules", APPLICATIONS)
def test_every_module_has_its_place_in_the_order(modules: Sources) -> None:
    assert {part(name) for name in modules} - {""} <= set(RANK)


@pytest.mark.parametrize("modules", APPLICATIONS)
def test_imports_run_one_way(modules: Sources) -> None:
    assert against_the_direction(modules) == []


@pytest.mark.parametrize("modules", APPLICATIONS)
def test_no_imports_close_a_circle(modules: Sources) -> None:
    assert circle(modules) == []


@pytest.mark.parametrize("modules", APPLICATIONS)
def test_only_a_handler_and_its_bootstrap_read_the_environment_at_import(modules: Sources) -> None:
    assert {name for name, source in modules.items() if reads_environment(source)} <= (
        READS_ENVIRONMENT
    )


def test_all_of_the_layer_and_the_functions_is_read() -> None:
    parts = {part(name) for name in (*LIVENESS, *UPLOAD_API)} - {""}
    assert parts == set(RANK) - {"functions"}
    folders = {path.parent.name for path in FUNCTIONS.glob("*/app.py")}
    assert {application.id for application in APPLICATIONS} == folders


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("liveness.models", "from liveness.errors import LivenessError"),
        ("liveness.aws.s3", "def f() -> None:\n    from liveness import tencent"),
        ("liveness.tencent.client", "import liveness.process_upload"),
        ("liveness.process_upload", "if TYPE_CHECKING:\n    from liveness.aws.s3 import S3Images"),
        ("liveness.events", "from app import handler"),
        ("upload_api.uploads", "from upload_api.routes import api"),
    ],
)
def test_an_import_against_the_direction_is_found(module: str, source: str) -> None:
    names = ("app", "liveness.aws.s3", "liveness.errors", "liveness.process_upload")
    others = ("liveness.tencent", "upload_api.routes")
    modules = dict.fromkeys((*names, *others), "") | {module: source}

    assert len(against_the_direction(modules)) == 1


def test_a_circle_is_found() -> None:
    modules = {
        "liveness.aws.s3": "from liveness.aws import errors",
        "liveness.aws.errors": "import liveness.aws.s3",
    }

    assert set(circle(modules)) == set(modules)


@pytest.mark.parametrize(
    ("source", "reads"),
    [
        ("import os\nREGION = os.environ['AWS_REGION']", True),
        ("from os import getenv\nclass A:\n    region = getenv('AWS_REGION')", True),
        ("import os\ndef f(region=os.environ['AWS_REGION']): return region", True),
        ("import os\ndef f(): return os.environ['AWS_REGION']", False),
        ("import os\nf = lambda: os.getenv('AWS_REGION')", False),
    ],
)
def test_reading_the_environment_counts_outside_of_functions_only(source: str, reads: bool) -> None:
    assert reads_environment(source) is reads
