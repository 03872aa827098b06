"""Coverage-guided fuzzing of untrusted input: an image's head and the API's response."""
