"""TLS on this machine: a certificate authority of its own for each cloud."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import trustme


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM files: the CA bundle, and a certificate chain for 127.0.0.1 with its key."""

    ca_bundle: Path
    chain: Path
    key: Path

    @classmethod
    def create(cls, directory: Path) -> Self:
        """Write the files; the authority's own key is stored nowhere."""
        files = cls(directory / "authority.pem", directory / "chain.pem", directory / "key.pem")
        authority = trustme.CA()
        server = authority.issue_cert("127.0.0.1", "localhost")
        authority.cert_pem.write_to_path(str(files.ca_bundle))
        for certificate in server.cert_chain_pems:
            certificate.write_to_path(str(files.chain), append=True)
        server.private_key_pem.write_to_path(str(files.key))
        return files
