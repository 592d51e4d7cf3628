"""How the demo fails."""


class DemoError(Exception):
    """The demo cannot go on; the text is one sentence for the user, and what may stand below it."""


class BadInputError(DemoError):
    """What was asked for cannot be done; the text says what is allowed."""
