"""Errors that an operator can act on: each text is one line that says what to do next."""


class UserError(Exception):
    """The command cannot do what was asked of it."""


class StackNotFoundError(UserError):
    """The stack cannot be read, or is older than this command."""
