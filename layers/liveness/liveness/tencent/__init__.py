"""A client for Tencent Cloud's DetectLiveFace, usable alone: it needs no AWS."""
