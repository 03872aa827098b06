"""The DetectLiveFace fake, as its callers see it."""
