"""The upload API: what a phone calls to upload a picture and to read its verdict."""
