"""The template's alarms, evaluated here because the emulator does not evaluate them."""
