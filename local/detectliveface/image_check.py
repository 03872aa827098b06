"""Whether the service accepts an image: its limits, then a real decoder."""

import base64
import struct
import zlib
from collections.abc import Mapping
from io import BytesIO

from PIL import Image

from liveness.errors import ImageRejectedError
from liveness.image_rules import MAX_BASE64_LENGTH, MAX_LONG_SIDE, ImageRules
from liveness.models import ImageHead
from local.detectliveface.errors import ApiError

# The service accepts every shape (docs/detectliveface-api.md, "Limits"); only ours rejects some.
_RULES = ImageRules(aspect_tolerance=None)
_MAX_PIXELS = max(MAX_LONG_SIDE.values()) ** 2
_CODES: Mapping[str, str] = {
    "empty_file": "InvalidParameterValue.ImageEmpty",
    "file_too_large": "FailedOperation.ImageSizeExceed",
    "resolution_too_large": "FailedOperation.ImageResolutionExceed",
    "resolution_too_small": "FailedOperation.ImageResolutionTooSmall",
}
_NOT_DECODED = "FailedOperation.ImageDecodeFailed"
# What Pillow raises for damaged files of these formats.
_DAMAGED = (ArithmeticError, EOFError, LookupError, OSError, SyntaxError, TypeError, ValueError)
_DECODER_ERRORS = (*_DAMAGED, struct.error, zlib.error, Image.DecompressionBombError)


def decode_base64(text: str) -> bytes:
    """Decode `Image`: strict base64, without any prefix."""
    if len(text) > MAX_BASE64_LENGTH:
        raise ApiError("FailedOperation.ImageSizeExceed", "The base64 text exceeds 5 MB")
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as cause:
        raise ApiError(_NOT_DECODED, "Image is not base64") from cause


def check_image(content: bytes) -> None:
    """Apply every limit of the document, then decode; raise ApiError with the code for it."""
    try:
        _RULES.validate(ImageHead(len(content), None, lambda start, end: content[start:end]))
    except ImageRejectedError as rejected:
        code = _CODES.get(rejected.reason, _NOT_DECODED)
        raise ApiError(code, f"The image cannot be used: {rejected.reason}") from rejected
    try:
        with Image.open(BytesIO(content), formats=tuple(MAX_LONG_SIDE)) as image:
            if image.width * image.height > _MAX_PIXELS:
                raise ApiError("FailedOperation.ImageResolutionExceed", "The image is too large")
            image.load()
    except _DECODER_ERRORS as cause:
        raise ApiError(_NOT_DECODED, "The image cannot be decoded") from cause
