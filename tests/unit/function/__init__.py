"""The handler's own modules: what is told of uploads, and in which form."""
