"""The upload API through the public door only: a token, the API, the form."""
