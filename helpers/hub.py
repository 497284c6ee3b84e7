"""The Hugging Face Hub's many ways to fail, as one sentence of what to do."""

import contextlib

from helpers.errors import CourseError


@contextlib.contextmanager
def explained(name, otherwise=""):
    """Turn whatever goes wrong inside, while `name` is fetched from the Hub and loaded, into a CourseError.

    name: its id there. otherwise: a last sentence, on what to do without it.
    """
    import httpx2

    try:
        yield
    except (OSError, ValueError, httpx2.HTTPError) as error:  # the last is of the layer below the Hub's client
        raise CourseError(f"{advice(name, error)} {otherwise}".strip()) from error


def advice(name, error):
    """What went wrong with `name`, and what to do: told by the kinds of errors behind `error`, not by their words."""
    import httpx2
    from huggingface_hub import constants, errors

    behind = list(_chain(error))

    def among(*kinds):
        return next((one for one in behind if isinstance(one, kinds)), None)

    if constants.is_offline_mode():
        return (
            f"HF_HUB_OFFLINE is set, so nothing is fetched from the Hugging Face Hub, and {name} is not, or not all "
            "of it, in its cache here. Unset HF_HUB_OFFLINE, and run this again."
        )
    # datasets, once it has heard of a failure, repeats it in an error of its own that leaves the Hub's out.
    missing = next((str(one) for one in behind if type(one).__name__ == "DatasetNotFoundError"), "")
    status = getattr(getattr(among(errors.HfHubHTTPError), "response", None), "status_code", None)
    if among(errors.GatedRepoError) or status == 403 or "gated" in missing:
        return (
            f"{name} is gated: its owner asks you to accept a licence first. Open its page on the Hub, accept, run "
            "`hf auth login` with a read token, and run this again."
        )
    if among(errors.RepositoryNotFoundError) or status == 401 or missing:
        return (
            f"The Hugging Face Hub does not show {name} to you: the name is wrong, or it is private. Check the name on "
            "the Hub; if it is private, run `hf auth login` with a read token."
        )
    if status and (status >= 500 or status == 429):
        return f"The Hugging Face Hub cannot answer now (status {status}). Wait a few minutes, and run this again."
    if among(httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.ReadTimeout) or "Consistency check" in str(error):
        return f"The download of {name} broke off. Run this again: it goes on where it stopped."
    if among(httpx2.TransportError, ConnectionError, errors.LocalEntryNotFoundError):
        return f"{name} is on the Hugging Face Hub, which cannot be reached from here. Connect, and run this again."
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return f"{name} could not be loaded: {reason} Check that it is what this needs."


def _chain(error):
    """An error and all that led to it, each once."""
    seen = []
    while error is not None and error not in seen:
        seen.append(error)
        error = error.__cause__ or error.__context__
    return seen
