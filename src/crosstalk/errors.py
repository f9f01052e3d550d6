"""Errors a user can act on: one line that names the thing and the remedy."""


class CrosstalkError(Exception):
    """A failure whose message is one line: what is wrong, with what, and what to do.

    The command line prints the message alone; any other exception is a bug and keeps its
    traceback.
    """


class ParameterError(CrosstalkError):
    """An unknown, missing or out-of-range parameter."""


class FetchError(CrosstalkError):
    """No origin delivered an archive, or what arrived was not the pinned file."""


class DataError(CrosstalkError):
    """An input file that is absent, broken, or not what its schema says."""


class StateError(CrosstalkError):
    """Resumable state that belongs to other parameters or inputs, or is in use."""


class TrainingError(CrosstalkError):
    """A training that diverged or collapsed."""


class DeviceError(CrosstalkError):
    """A GPU that was asked for and cannot be used."""
