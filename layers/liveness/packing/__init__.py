"""How the layer is packed (layers/liveness/Makefile); nothing of it travels."""
