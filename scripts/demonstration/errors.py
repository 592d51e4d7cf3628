"""Errors of the demo."""


class DemoError(Exception):
    """The demo cannot continue; the text is a sentence for the user, with details below it."""


class BadInputError(DemoError):
    """An argument is not valid; the text says what is allowed."""
