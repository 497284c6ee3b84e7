"""The HTTP side of `endpoint`: one request, its response as JSON, and what went wrong. Standard library only."""

import contextlib
import email.utils
import http.client
import ipaddress
import json
import time
import urllib.error
import urllib.request
from datetime import UTC
from urllib.parse import urlsplit

from helpers.errors import CourseError

LONGEST_WAIT = 120.0  # seconds between two attempts, whatever the server asks for
LARGEST_BODY = 4_000_000  # bytes


class Trouble(Exception):
    """A request failed in a way that may pass. after: seconds the server asks for, or 0; for_all: of all threads."""

    def __init__(self, message, after=0.0, for_all=False):
        super().__init__(message)
        self.after, self.for_all = after, for_all


class Server:
    """The HTTP side of an endpoint: one POST at a time, and the only place that holds the key."""

    def __init__(self, url, key, timeout):
        key = key.strip() if isinstance(key, str) else key or ""
        if not isinstance(key, str) or not key.isascii() or not key.isprintable() or " " in key:
            raise CourseError("The endpoint's key holds a character that no key has. Copy it again, alone.")
        try:
            parts = urlsplit(url)
            fits = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
            fits = fits and url.isascii() and url.isprintable() and not set(url) & set(" @?#")
        except (ValueError, TypeError, AttributeError):
            fits = False
        if not fits:  # not shown: it may hold a password
            raise CourseError("That is no url of an endpoint. Give its base alone, such as 'http://127.0.0.1:8000/v1'.")
        local = parts.hostname == "localhost"
        with contextlib.suppress(ValueError):
            local = local or ipaddress.ip_address(parts.hostname).is_loopback
        if key and parts.scheme == "http" and not local:
            raise CourseError(
                f"With http, all on the way to {parts.hostname} could read your key. Use https, or key='' for none."
            )
        # A proxy could not reach this machine's own server, and would see the key.
        proxies = urllib.request.ProxyHandler({} if local else None)
        self._opener = urllib.request.build_opener(proxies, _NoRedirect)
        self._address, self._key, self._timeout = url.rstrip("/") + "/chat/completions", key, timeout

    def post(self, fields):
        """Send `fields` as JSON: (status, seconds to wait before another attempt, JSON value or None, its words).

        The words are the server's own about what is wrong. Raises Trouble if no whole response comes.
        """
        headers = {"Content-Type": "application/json", "User-Agent": "tune-a-coding-assistant"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        try:
            try:
                request = urllib.request.Request(self._address, json.dumps(fields).encode(), headers)
                response = self._opener.open(request, timeout=self._timeout)
            except urllib.error.HTTPError as error:
                response = error  # a response too, with a status of 300 and up
            with response:
                status, after, body = response.status, _retry_after(response.headers), _read(response)
        except (OSError, http.client.HTTPException, UnicodeError) as error:  # the last: no such host can be
            reason = error.reason if isinstance(error, urllib.error.URLError) else error
            late = f"no answer within {self._timeout:g} s" if isinstance(reason, TimeoutError) else None
            raise Trouble(late or self._shown(f"{type(reason).__name__} {reason}")) from None
        try:
            said = json.loads(body)
        except (ValueError, RecursionError):
            said = None
        return status, after, said, self._shown(_message(said, body))

    def _shown(self, text):
        """`text` from elsewhere as one short line, without the key: some servers repeat it."""
        text = text.replace(self._key, "***") if self._key else text
        line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        return (line if len(line) <= 200 else line[:200] + "...").rstrip(".")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows none: the key would go along, to whatever host."""

    def redirect_request(self, *_):
        return None


def _read(response):
    """The whole body, or http.client.IncompleteRead."""
    body = response.read(LARGEST_BODY + 1)
    if len(body) > LARGEST_BODY:
        raise CourseError(f"The endpoint sends more than {LARGEST_BODY / 1e6:g} MB for one answer. Check the url.")
    if response.length:  # with a limit, `read` does not say that a body was cut
        raise http.client.IncompleteRead(body, response.length)
    return body


def _retry_after(headers):
    """Seconds, from the header's number or date; 0 if there is none."""
    value = headers.get("Retry-After", "")
    try:
        seconds = float(value)
    except ValueError:
        try:
            date = email.utils.parsedate_to_datetime(value)
            seconds = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - time.time()
        except (ValueError, OverflowError):
            seconds = 0.0
    return min(max(0.0, seconds), LONGEST_WAIT)


def _message(said, body):
    """The server's own words about what is wrong."""
    for name in ("error", "message", "detail"):  # OpenAI's have two levels
        if isinstance(said, dict) and name in said:
            said = said[name]
    return said if isinstance(said, str) else body.decode("utf-8", "replace")
