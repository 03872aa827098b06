"""Tests of the DetectLiveFace stand-in, over real HTTP on loopback."""
