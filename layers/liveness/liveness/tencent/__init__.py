"""DetectLiveFace of Tencent Cloud, usable alone: signing, client, error codes, command line."""
