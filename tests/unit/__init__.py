"""Tests without sockets, milliseconds each."""
