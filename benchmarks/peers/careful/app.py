"""The same written with care: one client of the SDK, made once, that keeps its connection.

It detects, saves and publishes. It acquires no lease, validates no image, and caches the secret
for as long as the sandbox lives.
"""

from __future__ import annotations

import json
import logging
import os
import urllib.parse
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from tencentcloud.common import credential
from tencentcloud.common.common_client import CommonClient
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile

logger = logging.getLogger()
logger.setLevel(logging.INFO)

s3 = boto3.client("s3", config=Config(signature_version="s3v4"))
secrets = boto3.client("secretsmanager")
table = boto3.resource("dynamodb").Table(os.environ["VERDICTS_TABLE"])
sns = boto3.client("sns")


@cache
def api_key() -> dict[str, str]:
    """Return the API key, read once."""
    response = secrets.get_secret_value(SecretId=os.environ["TENCENT_SECRET_ARN"])
    secret: dict[str, str] = json.loads(response["SecretString"])
    return secret


@cache
def client() -> CommonClient:
    """Return the one client."""
    cred = credential.Credential(api_key()["SecretId"], api_key()["SecretKey"])
    http = HttpProfile(endpoint=os.environ["TENCENT_HOST"], keepAlive=True)
    profile = ClientProfile(httpProfile=http)
    return CommonClient("iai", "2020-03-03", cred, os.environ["TENCENT_REGION"], profile)


def handler(event: dict[str, Any], _context: object) -> None:
    """Process every upload of the event."""
    for record in event["Records"]:
        bucket = record["s3"]["bucket"]["name"]
        name = urllib.parse.unquote_plus(record["s3"]["object"]["key"])
        version = record["s3"]["object"]["versionId"]
        url = s3.generate_presigned_url(
            "get_object",
            Params={"Bucket": bucket, "Key": name, "VersionId": version},
            ExpiresIn=300,
        )
        result = client().call_json("DetectLiveFace", {"Url": url, "FaceModelVersion": "3.0"})
        response = result["Response"]
        verdict = {
            "object": f"s3://{bucket}/{name}",
            "version": version,
            "outcome": "live" if response["IsLiveness"] else "not_live",
            "score": Decimal(str(response["Score"])),
            "face_model_version": response["FaceModelVersion"],
            "request_id": response["RequestId"],
            "decided_at": datetime.now(UTC).isoformat(),
        }
        table.put_item(Item=verdict)
        sns.publish(
            TopicArn=os.environ["VERDICTS_TOPIC_ARN"],
            Message=json.dumps(verdict, default=float),
            MessageAttributes={
                "outcome": {"DataType": "String", "StringValue": verdict["outcome"]},
            },
        )
        logger.info("%s is %s", verdict["object"], verdict["outcome"])
