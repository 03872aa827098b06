"""Whether bytes are a picture that the service accepts: its limits, then a real decoding."""

from __future__ import annotations

import base64
import binascii
import struct
import zlib
from collections.abc import Mapping
from io import BytesIO

from PIL import Image

from liveness.errors import PictureUnfit
from liveness.picture import MAX_BASE64_LENGTH, MAX_LONG_SIDE, PictureRules
from local.detectliveface.refusal import Refusal

# The service gives a score for every shape (detect-live-face.txt §1): only ours refuses by it.
_RULES = PictureRules(aspect_tolerance=None)
_MAX_PIXELS = max(MAX_LONG_SIDE.values()) ** 2
_CODES: Mapping[str, str] = {
    "empty_file": "InvalidParameterValue.ImageEmpty",
    "file_too_large": "FailedOperation.ImageSizeExceed",
    "resolution_too_large": "FailedOperation.ImageResolutionExceed",
    "resolution_too_small": "FailedOperation.ImageResolutionTooSmall",
}
_NOT_DECODED = "FailedOperation.ImageDecodeFailed"
# What Pillow's decoders for these formats raise on damaged files.
_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)


def from_base64(text: str) -> bytes:
    """Decode `Image`: strictly, as sent by the documented encoding without any prefix."""
    if len(text) > MAX_BASE64_LENGTH:
        raise Refusal("FailedOperation.ImageSizeExceed", "The base64 text exceeds 5 MB")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as cause:
        raise Refusal(_NOT_DECODED, "Image is not base64") from cause


def check_picture(content: bytes) -> None:
    """Apply every limit of the document, then decode; raise Refusal with the documented code."""
    try:
        _RULES.examine(BytesIO(content), len(content))
    except PictureUnfit as unfit:
        code = _CODES.get(unfit.reason, _NOT_DECODED)
        raise Refusal(code, f"The image cannot be used: {unfit.reason}") from unfit
    try:
        with Image.open(BytesIO(content), formats=tuple(MAX_LONG_SIDE)) as image:
            if image.width * image.height > _MAX_PIXELS:
                raise Refusal("FailedOperation.ImageResolutionExceed", "The image is too large")
            image.load()
    except _DAMAGE as cause:
        raise Refusal(_NOT_DECODED, "The image cannot be decoded") from cause
