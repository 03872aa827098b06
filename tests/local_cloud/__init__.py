"""Tests that go through a cloud on this machine."""
