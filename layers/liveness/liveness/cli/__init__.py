"""The command `detectliveface`."""
