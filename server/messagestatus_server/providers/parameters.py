"""Parameters of a callback that may stand in its URL, in a form, or in both."""

from messagestatus_server.providers.callback import Callback


def parameters(callback: Callback) -> dict[str, str]:
    """Return the parameters by their names: those of the form before those of the URL, the last of each name.

    A body that is no form adds nothing.
    """
    told = dict(callback.query)
    if callback.body and callback.content_type in {"", "application/x-www-form-urlencoded"}:
        told.update(callback.form)
    return told
