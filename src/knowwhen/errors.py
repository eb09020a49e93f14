"""What can go wrong, and whose fault it is.

    KnowwhenError                   everything that knowwhen raises on purpose; the command line prints it, no traceback
    ├── RequestError (ValueError)   the request was wrong: unknown name, bad row, bad option        exit code 2
    │   └── MissingExtraError       the feature needs an optional dependency; says the install command
    ├── RunError                    a run folder cannot be used: locked, made by another request, damaged
    └── ModelError                  a model could not be loaded or reached at all

A fault with *one reply* raises nothing: it is a `Response` with `Stop.ERROR` and a cause, and ends as an ungraded
outcome. Messages say what was given, what was expected and what to do.
"""


class KnowwhenError(Exception):
    """The root of the tree above."""


class RequestError(KnowwhenError, ValueError):
    """The request was wrong; nothing was asked of any model."""


class MissingExtraError(RequestError):
    """A feature needs an optional dependency that is not installed."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs the '{extra}' extra. Install it with: pip install 'knowwhen[{extra}]'")


class RunError(KnowwhenError):
    """A run folder cannot be used as asked."""


class ModelError(KnowwhenError):
    """A model could not be loaded or reached."""
