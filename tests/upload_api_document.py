"""``python -m tests.upload_api_document`` renews docs/upload-api.openapi.json from the routes."""

import json
import sys
from pathlib import Path

from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer, Server

PROJECT = Path(__file__).resolve().parent.parent
# Lambda imports the package from the function's folder, and pytest from `pythonpath`.
sys.path.append(str(PROJECT / "functions"))

from upload_api.routes import api  # noqa: E402 - found by the line above

DOCUMENT = PROJECT / "docs" / "upload-api.openapi.json"
VERSION = "1.0.0"


def document() -> str:
    """The document as it should be."""
    schema = api.get_openapi_json_schema(
        title="Upload API of selfie-liveness",
        version=VERSION,
        openapi_version="3.1.0",
        description="What a phone calls to upload a picture and to read its verdict (docs/app.md).",
        servers=[Server(url="/", description="The stack's output UploadApiUrl.")],
        security_schemes={
            "token": HTTPBearer(bearerFormat="JWT", description="Of JwtIssuer, for JwtAudience.")
        },
        security=[{"token": []}],
    )
    return json.dumps(json.loads(schema), indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(document())
