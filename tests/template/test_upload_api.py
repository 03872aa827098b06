"""What the upload API is on AWS: nothing where it is off, and closed to whoever has no token."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from tests.template.permissions import as_list
from tests.template.resolved import (
    DEFAULTS,
    PROTECTED,
    SOURCES_ONLY,
    UPLOAD_API,
    broken_rules,
    resolved,
)
from tests.template.transformed import Template
from upload_api.routes import LONGEST_WAIT, api

ORIGINS = ["https://app.example.com", "https://www.example.com"]
WITH_PAGE = {**UPLOAD_API, "AllowedOrigins": ",".join(ORIGINS)}
# "Quotas for configuring and running an HTTP API": the longest integration timeout.
LONGEST_INTEGRATION_MS = 30_000
# "Customize HTTP API access logs": what says who asked, from where, about which upload.
WHO_AND_WHAT = re.compile(
    r"path|querystring|authorizer\.claims|principal|identity|sourceIp|userAgent|domain|jwt",
    re.IGNORECASE,
)


def of_the_api(template: Template) -> dict[str, Any]:
    """Every resource that exists with the API only."""
    return {
        name: resource
        for name, resource in template.body["Resources"].items()
        if resource.get("Condition") == "HasUploadApi"
    }


@pytest.fixture(scope="module")
def stack(template: Template) -> Template:
    return resolved(template, WITH_PAGE)


def only(stack: Template, kind: str) -> Mapping[str, Any]:
    """The properties of the one resource of a type."""
    ((_, properties),) = stack.resources(kind)
    return properties


def function(stack: Template) -> Mapping[str, Any]:
    return dict(stack.resources("AWS::Lambda::Function"))["UploadApiFunction"]


def test_it_is_off_by_default_and_then_there_is_nothing_of_it(template: Template) -> None:
    off = resolved(template, DEFAULTS).body["Resources"]
    names = {name for name in template.body["Resources"] if name.startswith("UploadApi")}

    assert {"UploadApiFunction", "UploadApiStage", "UploadApiRole"} <= names
    assert names <= set(of_the_api(template))
    assert not set(of_the_api(template)) & set(off)
    assert not any(each["Type"].startswith("AWS::ApiGateway") for each in off.values())


def test_switching_it_on_changes_only_what_uses_up_forms_and_what_shows_alarms(
    template: Template,
) -> None:
    off, on = (resolved(template, each).body["Resources"] for each in (DEFAULTS, UPLOAD_API))

    assert set(on) - set(off) == set(of_the_api(template))
    assert {name for name in off if on[name] != off[name]} == {
        "CheckLivenessFunction",
        "CheckLivenessRole",
        "Dashboard",
    }


def test_its_outputs_exist_with_it_only(template: Template) -> None:
    conditions = {name: each.get("Condition") for name, each in template.body["Outputs"].items()}

    assert {name for name, each in conditions.items() if each == "HasUploadApi"} == {
        "UploadApiUrl",
        "UploadApiFunctionName",
    }


def test_every_route_wants_a_token_of_the_issuer_for_the_audience(stack: Template) -> None:
    routes = [route for _, route in stack.resources("AWS::ApiGatewayV2::Route")]
    authorizer = only(stack, "AWS::ApiGatewayV2::Authorizer")

    assert len(routes) == 3
    for route in routes:
        assert route["AuthorizationType"] == "JWT"
        assert route["AuthorizerId"] == {"Ref": "UploadApiAuthorizer"}
    assert authorizer["AuthorizerType"] == "JWT"
    assert authorizer["IdentitySource"] == ["$request.header.Authorization"]
    assert authorizer["JwtConfiguration"] == {
        "Issuer": UPLOAD_API["JwtIssuer"],
        "Audience": [UPLOAD_API["JwtAudience"]],
    }


def test_its_routes_are_those_of_the_function(stack: Template) -> None:
    routes = {route["RouteKey"] for _, route in stack.resources("AWS::ApiGatewayV2::Route")}
    paths = api.get_openapi_schema().paths or {}

    assert routes == {
        f"{method.upper()} {path}"
        for path, item in paths.items()
        for method in item.model_dump(exclude_none=True)
    }


@pytest.mark.parametrize("parameters", [UPLOAD_API, SOURCES_ONLY])
def test_no_page_of_another_origin_may_use_api_or_bucket_by_default(
    template: Template, parameters: Mapping[str, str]
) -> None:
    resources = resolved(template, parameters).body["Resources"]

    assert "CorsConfiguration" not in str(resources)


def test_pages_of_the_allowed_origins_may_use_api_and_bucket(stack: Template) -> None:
    cors = only(stack, "AWS::ApiGatewayV2::Api")["CorsConfiguration"]
    (rule,) = only(stack, "AWS::S3::Bucket")["CorsConfiguration"]["CorsRules"]

    assert cors["AllowOrigins"] == rule["AllowedOrigins"] == ORIGINS
    assert {*cors["AllowMethods"]} == {"GET", "POST", "DELETE"}
    assert {*cors["AllowHeaders"]} == {"authorization", "content-type", "idempotency-key"}
    assert cors["ExposeHeaders"] == ["retry-after"]
    # A page has its token in a header: no cookie is sent along.
    assert "AllowCredentials" not in cors
    # A form adds a picture, and reads none.
    assert rule["AllowedMethods"] == ["POST"]


def test_the_access_log_has_neither_who_asked_nor_about_which_upload(stack: Template) -> None:
    stage = only(stack, "AWS::ApiGatewayV2::Stage")
    settings = stage["AccessLogSettings"]
    logged = json.loads(settings["Format"])

    assert settings["DestinationArn"] == {"Fn::GetAtt": ["UploadApiAccessLogs", "Arn"]}
    # `$context.routeKey` is the route as the template has it, not what was asked for.
    assert logged["route"] == "$context.routeKey"
    assert logged["status"] == "$context.status"
    assert not WHO_AND_WHAT.search(settings["Format"])


@pytest.mark.parametrize(
    "variable",
    [
        "$context.path",
        "$context.identity.sourceIp",
        "$context.identity.userAgent",
        "$context.authorizer.claims.sub",
        "$context.authorizer.principalId",
    ],
)
def test_a_variable_that_says_who_or_what_is_found(variable: str) -> None:
    assert WHO_AND_WHAT.search(variable)


def test_requests_are_throttled(stack: Template) -> None:
    settings = only(stack, "AWS::ApiGatewayV2::Stage")["DefaultRouteSettings"]

    assert 0 < settings["ThrottlingRateLimit"] <= settings["ThrottlingBurstLimit"] <= 100


def test_the_longest_wait_fits_the_function_and_the_function_fits_the_integration(
    stack: Template,
) -> None:
    integration = only(stack, "AWS::ApiGatewayV2::Integration")

    assert function(stack)["Timeout"] >= LONGEST_WAIT + 5
    assert 1000 * function(stack)["Timeout"] < integration["TimeoutInMillis"]
    assert integration["TimeoutInMillis"] <= LONGEST_INTEGRATION_MS


def test_api_gateway_invokes_the_apis_function_and_no_other(stack: Template) -> None:
    of_api_gateway = [
        permission
        for _, permission in stack.resources("AWS::Lambda::Permission")
        if permission["Principal"] == "apigateway.amazonaws.com"
    ]
    integration = only(stack, "AWS::ApiGatewayV2::Integration")

    (permission,) = of_api_gateway
    assert permission["FunctionName"] == {"Ref": "UploadApiFunction"}
    assert permission["Action"] == "lambda:InvokeFunction"
    # Of this account's API in this region, whatever the stage and the route.
    assert permission["SourceArn"]["Fn::Sub"] == (
        "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${UploadHttpApi}/*"
    )
    assert integration["IntegrationUri"] == {"Fn::GetAtt": ["UploadApiFunction", "Arn"]}
    assert integration["PayloadFormatVersion"] == "2.0"


@pytest.mark.parametrize("parameters", [UPLOAD_API, PROTECTED])
def test_its_role_cannot_read_a_picture_publish_or_change_a_verdict(
    template: Template, parameters: Mapping[str, str]
) -> None:
    allowed = {
        (action, str(statement["Resource"]))
        for _, statements in resolved(template, parameters).policies("UploadApiRole")
        for statement in statements
        for action in as_list(statement["Action"])
    }
    actions = {action for action, _ in allowed}
    of_verdicts = {action for action, resource in allowed if "VerdictsTable" in resource}

    assert {action for action in actions if action.startswith("s3:")} == {
        "s3:PutObject",
        "s3:ListBucketVersions",
        "s3:DeleteObjectVersion",
    }
    assert of_verdicts == {"dynamodb:Query", "dynamodb:DeleteItem"}
    assert not any(action.startswith(("sns:", "sqs:", "lambda:")) for action in actions)
    # Its one secret is the key of digests, never Tencent Cloud's.
    secrets = {resource for action, resource in allowed if action.startswith("secretsmanager:")}
    assert secrets == {str({"Fn::GetAtt": ["DigestKey", "Id"]})}


def test_its_role_reaches_objects_of_uploads_by_the_api_only(stack: Template) -> None:
    of_objects = {
        statement["Resource"]["Fn::Sub"].partition("/")[2]
        for name, (statement,) in stack.policies("UploadApiRole")
        if name in {"upload-picture", "erase-picture"}
    }
    (listing,) = dict(stack.policies("UploadApiRole"))["list-versions-of-picture"]

    assert of_objects == {"selfies/*"}
    assert listing["Condition"] == {"StringLike": {"s3:prefix": "selfies/*"}}


ISSUER = {"JwtIssuer": UPLOAD_API["JwtIssuer"]}
AUDIENCE = {"JwtAudience": UPLOAD_API["JwtAudience"]}
ON = {"UploadApi": "on"}


@pytest.mark.parametrize(
    ("parameters", "is_accepted"),
    [
        (DEFAULTS, True),
        (UPLOAD_API, True),
        ({**SOURCES_ONLY, **UPLOAD_API, "CreateUploadBucket": "on"}, True),
        (ON, False),
        ({**ON, **ISSUER}, False),
        ({**ON, **AUDIENCE}, False),
        # Nothing to upload to.
        ({**SOURCES_ONLY, **UPLOAD_API}, False),
    ],
    ids=str,
)
def test_a_stack_with_the_api_needs_issuer_audience_and_a_bucket_of_its_own(
    template: Template, parameters: Mapping[str, str], is_accepted: bool
) -> None:
    assert (broken_rules(template, parameters) == []) is is_accepted


@pytest.mark.parametrize(
    ("parameter", "value", "is_accepted"),
    [
        (
            "JwtIssuer",
            "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_a1B2c3D4e",
            True,
        ),
        ("JwtIssuer", "http://issuer.example", False),
        ("JwtIssuer", "https://issuer.example/?a=b", False),
        ("AllowedOrigins", "https://app.example.com", True),
        ("AllowedOrigins", "http://127.0.0.1:8080", True),
        ("AllowedOrigins", "*", True),
        ("AllowedOrigins", "http://app.example.com", False),
        ("AllowedOrigins", "https://app.example.com/page", False),
        ("AllowedOrigins", "https://*.example.com", False),
    ],
)
def test_only_origins_and_https_issuers_are_accepted(
    template: Template, parameter: str, value: str, is_accepted: bool
) -> None:
    pattern = template.body["Parameters"][parameter]["AllowedPattern"]

    assert bool(re.fullmatch(pattern, value)) is is_accepted
