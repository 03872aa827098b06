"""A stand-in for DetectLiveFace that serves the API's contract for real; see README.md."""
