"""Hostile messages: what anybody with permission to send to RetryQueue could put there."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

_EVENTS = Path(__file__).parents[3] / "events"
_NOTIFICATION = json.loads((_EVENTS / "s3-object-created.json").read_text())
_EVENTBRIDGE = json.loads((_EVENTS / "eventbridge-object-created.json").read_text())
_ON_FAILURE = json.loads((_EVENTS / "on-failure-s3.json").read_text())

# The largest message that SQS carries.
_LARGEST = 256 * 1024


def notification(**stored: object) -> dict[str, Any]:
    """A notification of S3, with a few fields of its object changed."""
    event: dict[str, Any] = copy.deepcopy(_NOTIFICATION)
    event["Records"][0]["s3"]["object"] |= stored
    return event


def _record(**fields: object) -> str:
    event = notification()
    event["Records"][0] |= fields
    return json.dumps(event)


def _bucket(name: object) -> str:
    event = notification()
    event["Records"][0]["s3"]["bucket"]["name"] = name
    return json.dumps(event)


def _eventbridge(**fields: object) -> str:
    return json.dumps(_EVENTBRIDGE | fields)


def _wrapped(times: int) -> str:
    event: Any = notification()
    for _ in range(times):
        event = _ON_FAILURE | {"requestPayload": event}
    return json.dumps(event)


def _in_queues(times: int) -> str:
    body = json.dumps(notification())
    for _ in range(times):
        body = json.dumps({"Records": [{"eventSource": "aws:sqs", "body": body}]})
    return body


_NOT_JSON = {
    "nothing": "",
    "blanks": " \t\r\n",
    "words": "please check my picture",
    "a zero byte": "\0",
    "a byte order mark": "\ufeff{}",
    "a lone surrogate": "\ud800",
    "an escape for the terminal": "\x1b]0;live\x07",
    "XML": "<Records><Record/></Records>",
    "entities that multiply": '<!DOCTYPE a [<!ENTITY b "&c;&c;">]><a>&b;</a>',
    "an entity from a file": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "YAML that runs": "!!python/object/apply:os.system ['reboot']",
    "a pickle": "cos\nsystem\n(S'reboot'\ntR.",
    "base64": "eyJSZWNvcmRzIjpbXX0=",
    "a form": "Records=1&s3=2",
    "single quotes": "{'Records': []}",
    "a comment": '/* */ {"Records": []}',
    "a comma too many": '{"Records": [],}',
    "two texts": '{"Records": []}{"Records": []}',
    "half a text": '{"Records": [{"eventSource": "aws:s3"',
    "an open string": '{"Records": "',
    "a bad escape": '{"Records": "\\x41"}',
    "a raw newline in a string": '{"Records": "a\nb"}',
    "a hexadecimal number": '{"Records": 0x1}',
    "a number of 5,000 digits": "7" * 5_000,
    "a number of 200,000 digits": "7" * 200_000,
    "minus": "-",
    "brackets 100,000 deep": "[" * 100_000,
    "brackets 100,000 deep, closed": "[" * 100_000 + "]" * 100_000,
    "objects 40,000 deep": '{"a":' * 40_000,
    "Records 20,000 deep": '{"Records":[' * 20_000,
}

_OTHER_JSON: dict[str, object] = {
    "null": None,
    "true": True,
    "zero": 0,
    "a huge number": 10**400,
    "a float": 1e308,
    "not a number": float("nan"),
    "infinity": float("-inf"),
    "a text": "s3:ObjectCreated:Put",
    "JSON in a text": json.dumps(json.dumps(_NOTIFICATION)),
    "an empty list": [],
    "the records alone": _NOTIFICATION["Records"],
    "an empty object": {},
    "other letters": {"records": _NOTIFICATION["Records"]},
    "Records null": {"Records": None},
    "Records a text": {"Records": "aws:s3"},
    "Records an object": {"Records": {"0": _NOTIFICATION["Records"][0]}},
    "a record null": {"Records": [None]},
    "a record a text": {"Records": ["aws:s3"]},
    "a record a list": {"Records": [[]]},
    "a record empty": {"Records": [{}]},
    "50,000 empty records": {"Records": [{}] * 50_000},
    "records in records in records": {"Records": [{"Records": [{"Records": [{}]}]}]},
    "__proto__": {"__proto__": {"Records": []}},
    "constructor": {"constructor": {"prototype": {"Records": []}}},
    "__class__": {"__class__": "Upload", "bucket": "ours", "key": "live.jpg"},
    "py/object": {"py/object": "liveness.models.Verdict", "outcome": "live"},
    "$ref": {"$ref": "file:///etc/passwd"},
    "a verdict": {"outcome": "live", "object": "s3://ours/live.jpg", "version": "v1"},
    "a made-up failure": {"reason": "failed", "outcome": "live", "Records": 7},
    "a key of 200,000 letters": {"a" * 200_000: 1},
    "50,000 keys": {str(number): number for number in range(50_000)},
    "an answer of the service": {"Response": {"IsLiveness": True, "FaceModelVersion": "3.0"}},
    "a batch failure": {"batchItemFailures": []},
    "a subscription to confirm": {
        "Type": "SubscriptionConfirmation",
        "TopicArn": "arn",
        "SubscribeURL": "http://169.254.169.254/latest/meta-data/",
    },
    "an empty notification of SNS": {"Type": "Notification", "TopicArn": "arn"},
    "SNS with no text": {"Type": "Notification", "TopicArn": "arn", "Message": {}},
    "SNS with words": {"Type": "Notification", "TopicArn": "arn", "Message": "hello"},
    "SQS with no body": {"eventSource": "aws:sqs"},
    "SQS with words": {"eventSource": "aws:sqs", "body": "hello"},
    "SQS with an object": {"eventSource": "aws:sqs", "body": {}},
    "SQS in capitals": {"EventSource": "aws:sqs", "body": json.dumps(_NOTIFICATION)},
    "on failure of nothing": {"requestContext": {"functionArn": "arn"}},
    "on failure of a text": {"requestContext": {"functionArn": "arn"}, "requestPayload": "hello"},
    "another service": {"source": "aws.ec2", "detail-type": "Object Created", "detail": {}},
    "a schedule": {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}},
    "kinesis": {"Records": [{"eventSource": "aws:kinesis", "kinesis": {"data": "e30="}}]},
    "dynamodb": {"Records": [{"eventSource": "aws:dynamodb", "dynamodb": {}}]},
    "an HTTP request": {"httpMethod": "POST", "path": "/", "body": "{}"},
}

_FIELDS: dict[str, str] = {
    "no s3": _record(s3=None),
    "s3 a list": _record(s3=[]),
    "s3 a text": _record(s3="live.jpg"),
    "no bucket": _record(s3={"object": {"key": "live.jpg"}}),
    "no object": _record(s3={"bucket": {"name": "ours"}}),
    "bucket a text": _record(s3={"bucket": "ours", "object": {"key": "live.jpg"}}),
    "object a text": _record(s3={"bucket": {"name": "ours"}, "object": "live.jpg"}),
    "no version of the event": _record(eventVersion=None),
    "another version of the event": _record(eventVersion="3.0"),
    "a version with a newline": _record(eventVersion="2.1\n"),
    "a version in other digits": _record(eventVersion="2.\u0661"),
    "no time": _record(eventTime=None),
    "a time without a zone": _record(eventTime="2026-11-23T12:00:00"),
    "a time that never was": _record(eventTime="2026-02-30T12:00:00Z"),
    "a time before all time": _record(eventTime="0001-01-01T00:00:00+23:59"),
    "a time after all time": _record(eventTime="9999-12-31T23:59:59-23:59"),
    "a time as a number": _record(eventTime=1_795_167_667),
    "a time of 100,000 digits": _record(eventTime="2" * 100_000),
    "no name of the event": _record(eventName=None),
    "a list of names": _record(eventName=["ObjectCreated:Put"]),
    "another source": _record(eventSource="aws:s3\0"),
    "a bucket without a name": _bucket(""),
    "a bucket null": _bucket(None),
    "a bucket with a slash": _bucket("ours/../theirs"),
    "a bucket with a host": _bucket("somebody.example/"),
    "a bucket with a port": _bucket("127.0.0.1:80"),
    "a bucket with a user": _bucket("ours@somebody.example"),
    "a bucket with a query": _bucket("ours?x="),
    "a bucket with a fragment": _bucket("ours#"),
    "a bucket with a blank": _bucket("ours theirs"),
    "a bucket with a newline": _bucket("ours\n"),
    "a bucket with a zero byte": _bucket("ours\0theirs"),
    "a bucket by ARN": _bucket("arn:aws:s3:::ours"),
    "an access point by ARN": _bucket("arn:aws:s3:us-east-1:123456789012:accesspoint/ours"),
    "a bucket with percent": _bucket("%2e%2e"),
    "a bucket in other letters": _bucket("\u043eurs"),
    "a bucket of 256 letters": _bucket("a" * 256),
    "a bucket as a list": _bucket(["ours"]),
    "a version id like an ETag": json.dumps(notification(versionId="etag:0")),
    "a version id with a newline": json.dumps(notification(versionId="v1\n")),
    "a version id with a query": json.dumps(notification(versionId="v 1&x=1")),
    "a version id of 1,025 letters": json.dumps(notification(versionId="v" * 1025)),
    "an empty version id": json.dumps(notification(versionId="")),
    "a version id as a number": json.dumps(notification(versionId=1)),
    "no version and no ETag": json.dumps(notification(versionId=None, eTag=None)),
    "an ETag with a newline": json.dumps(notification(versionId=None, eTag="a\nIf-Match: *")),
    "any ETag that matches": json.dumps(notification(versionId=None, eTag=["*"])),
    "a negative size": json.dumps(notification(size=-1)),
    "a size beyond 64 bits": json.dumps(notification(size=2**63)),
    "a size of 400 digits": json.dumps(notification(size=10**400)),
    "a size as a float": json.dumps(notification(size=1.5)),
    "a size as true": json.dumps(notification(size=True)),
    "a size as a text": json.dumps(notification(size="1")),
    "a sequencer with a newline": json.dumps(notification(sequencer="0\n")),
    "a sequencer as an object": json.dumps(notification(sequencer={})),
    "EventBridge without detail": _eventbridge(detail=None),
    "EventBridge with a list": _eventbridge(detail=[]),
    "EventBridge without a bucket": _eventbridge(detail={"object": {"key": "live.jpg"}}),
    "EventBridge without a time": _eventbridge(time=None),
    "16 records of failures": _wrapped(16),
    "60 records of failures": _wrapped(60),
    "9 queues in one another": _in_queues(9),
    "11 queues in one another": _in_queues(11),
}


def _messages() -> Iterator[tuple[str, str]]:
    yield from _NOT_JSON.items()
    for name, value in _OTHER_JSON.items():
        yield name, json.dumps(value)
    yield from _FIELDS.items()


MESSAGES: Mapping[str, str] = MappingProxyType(dict(_messages()))
"""By name: bodies of messages, none of which describes an upload."""

FITTING: Mapping[str, str] = MappingProxyType(
    {
        name: body
        for name, body in MESSAGES.items()
        # SQS refuses messages that are too long, or that have characters which XML does not allow.
        if body.strip()
        and len(body.encode(errors="replace")) <= _LARGEST
        and all(each in "\t\n\r" or " " <= each <= "\ud7ff" for each in body)
    }
)
"""Those of them that SQS accepts."""
