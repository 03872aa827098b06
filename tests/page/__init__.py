"""Tests that drive the capture page in a Chromium."""
