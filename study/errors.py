"""The two ways a command can end badly."""


class UsageError(ValueError):
    """The caller asked for something that cannot be: exit code 2, no traceback."""


class StudyFailed(RuntimeError):  # noqa: N818 - reads as a sentence where it is raised
    """The study ran and something in it failed: exit code 1, no traceback."""
