"""A fake of DetectLiveFace that implements the API's contract; see README.md."""
