"""The template's parameters, as `make cloud PARAMETERS='Name=value Name=value'` gives them."""

from difflib import get_close_matches
from typing import Any

from samcli.yamlhelper import yaml_parse

from local.console import UserError
from local.setup import PROJECT

_EXAMPLE = "PARAMETERS='SourceBuckets=my-bucket KeyPrefixes=selfies/'"


def read_parameters(text: str) -> dict[str, str]:
    """Read words that blanks separate, `Name=value` each, into values by name.

    Raises UserError for what template.yaml does not declare or the deployment would misread.
    """
    parameters: dict[str, str] = {}
    declared: dict[str, Any] = yaml_parse((PROJECT / "template.yaml").read_text())["Parameters"]
    for word in text.split():
        name, equals, value = word.partition("=")
        if not (name and equals):
            raise UserError(f"{word!r} is not Name=value.", f"Write words like {_EXAMPLE}.")
        if name not in declared:
            close = get_close_matches(name, declared, 1)
            to_do = f"Did you mean {close[0]}?" if close else "README.md lists the parameters."
            raise UserError(f"template.yaml has no parameter {name!r}.", to_do)
        if name in parameters:
            raise UserError(f"{name} is given twice.", "Give it once; commas separate the items.")
        if not value:
            raise UserError(f"{name} has no value.", "Leave it out, and it has its default.")
        if "" in value.split(","):
            raise UserError(f"{word!r} has an empty item.", "Write one comma between two items.")
        parameters[name] = value
    return parameters
