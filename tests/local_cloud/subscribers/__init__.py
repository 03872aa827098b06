"""The real client over real sockets: what issue 3 calls done."""
