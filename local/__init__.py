"""The local cloud: AWS emulator, DetectLiveFace fake, deployment, demo."""
