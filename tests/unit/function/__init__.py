"""The modules of the function itself: handler, batch, bootstrap, observability."""
