"""The local cloud: engine, DetectLiveFace stand-in, deploy, demo."""
