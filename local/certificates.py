"""TLS for this machine: an authority of its own, made anew for each cloud."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import trustme


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM files: the authority to trust, and a certificate for 127.0.0.1 with its key."""

    authority: Path
    chain: Path
    key: Path

    @classmethod
    def made_in(cls, folder: Path) -> Self:
        """Make them; nobody but the files knows the authority's key."""
        made = cls(folder / "authority.pem", folder / "chain.pem", folder / "key.pem")
        authority = trustme.CA()
        server = authority.issue_cert("127.0.0.1", "localhost")
        authority.cert_pem.write_to_path(str(made.authority))
        for blob in server.cert_chain_pems:
            blob.write_to_path(str(made.chain), append=True)
        server.private_key_pem.write_to_path(str(made.key))
        return made
