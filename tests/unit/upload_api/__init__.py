"""The upload API, without a socket."""
