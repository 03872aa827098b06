"""Server certificates of a certificate authority that a test makes."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta

import trustme


def server_context(
    authority: trustme.CA, address: str = "127.0.0.1", *, expired: bool = False
) -> ssl.SSLContext:
    """TLS for a server with a certificate for `address`."""
    now, day = datetime.now(UTC), timedelta(days=1)
    not_before, not_after = (now - 2 * day, now - day) if expired else (None, None)
    certificate = authority.issue_cert(address, not_before=not_before, not_after=not_after)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context
