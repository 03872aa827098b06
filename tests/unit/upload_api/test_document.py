"""The committed OpenAPI document is that of the routes."""

from tests.upload_api_document import DOCUMENT, document


def test_the_document_is_that_of_the_routes() -> None:
    assert DOCUMENT.read_text() == document(), "run `python -m tests.upload_api_document`"
