"""Coverage-guided fuzzing of what strangers send: a picture's head and the API's answer."""
