"""Hostile inputs through the bucket and the queue of a whole cloud."""
