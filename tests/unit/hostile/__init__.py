"""Hostile inputs by class, and the tests that they must not break."""
