"""What judging one picture costs at the list prices of docs/cost.md, which a test compares."""

# A call of DetectLiveFace, in CNY, up to three million a month; further ones cost less.
DETECTION_CNY = 0.0019
# AWS for a picture that was there before, in USD.
BACKFILL_AWS_USD = 0.0000356
