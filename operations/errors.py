"""The error that an operator can act on: its text is one line that says what to do next."""


class UserError(Exception):
    """The command cannot do what was asked of it."""
