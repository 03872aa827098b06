"""Signs messages as SNS does by version 2, with a certificate of its own."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

# https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
_SIGNED = {
    "Notification": ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
    "SubscriptionConfirmation": [
        *("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
    ],
}
_SIGNED["UnsubscribeConfirmation"] = _SIGNED["SubscriptionConfirmation"]


@cache
def _key(_name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True, slots=True)
class SnsSigner:
    """A key with a certificate that is valid from `starts` for a day."""

    name: str = "sns.amazonaws.com"
    starts: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(hours=1))

    @property
    def certificate(self) -> bytes:
        """The certificate as a PEM file."""
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, self.name)])
        key = _key(self.name)
        builder = x509.CertificateBuilder(
            issuer_name=name,
            subject_name=name,
            public_key=key.public_key(),
            serial_number=1,
            not_valid_before=self.starts,
            not_valid_after=self.starts + timedelta(days=1),
        )
        return builder.sign(key, SHA256()).public_bytes(Encoding.PEM)

    def signed(
        self, message: Mapping[str, object], algorithm: HashAlgorithm | None = None
    ) -> dict[str, object]:
        """The message with SNS's signature of version 2."""
        names = [name for name in _SIGNED[str(message["Type"])] if name in message]
        text = "".join(f"{name}\n{message[name]}\n" for name in names)
        signature = _key(self.name).sign(text.encode(), PKCS1v15(), algorithm or SHA256())
        return {
            **message,
            "SignatureVersion": "2",
            "Signature": base64.b64encode(signature).decode(),
        }
