"""Ask an address, follow redirects that stay safe, and say in words why there is no answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache

import httpx

import zoo
from zoo.errors import UsageError
from zoo.hub.download.failures import Broken, Refused
from zoo.hub.download.settings import Limits

REDIRECTS = (301, 302, 303, 307, 308)
LATER = (408, 425, 429, 500, 502, 503, 504)
"""Answers that may be another one after a while."""

LONGEST_PAGE = 1 << 20

REASONS = {
    401: 'asks for an account: fetch the file yourself and give its path',
    403: 'refuses it: the file is private, or its terms have to be accepted; fetch it yourself and give its path',
    404: 'has no such file',
    410: 'has it no more',
}


_trust = lru_cache(maxsize=1)(httpx.create_ssl_context)
"""Certificates to trust; to read them takes longer than to fetch a small file."""


def new_client(limits: Limits) -> httpx.Client:
    """Return a client that follows no redirect by itself and asks for the bytes as they are.

    Raises:
        UsageError: the proxy or the certificates that the environment names cannot be used.
    """
    try:
        return httpx.Client(
            follow_redirects=False,
            timeout=httpx.Timeout(limits.read, connect=limits.connect),
            verify=_trust(),
            headers={'User-Agent': f'recon-zoo/{zoo.__version__}', 'Accept-Encoding': 'identity'},
        )
    except (ValueError, ImportError, OSError, httpx.InvalidURL) as error:
        raise UsageError(
            f'no download is possible with HTTP_PROXY, ALL_PROXY, SSL_CERT_FILE as they are: {_first_line(error)}'
        ) from error


@contextmanager
def opened(
    client: httpx.Client,
    url: str,
    headers: Mapping[str, str],
    limits: Limits,
    page: Callable[[str], str] | None = None,
) -> Iterator[httpx.Response]:
    """Ask for an address, its content not yet read.

    Args:
        client: client of :func:`new_client`.
        url: http(s) address.
        headers: headers of the request, beside those of the client.
        limits: greatest number of redirects.
        page: function that reads a web page before the file, and returns the address behind it.

    Raises:
        Refused: a redirect leaves http(s) or encryption, or there are too many.
    """
    where = httpx.URL(url)
    for _ in range(limits.redirects + 1):
        with _redirected():  # the library looks at a redirect at once, though it does not follow
            response = client.send(client.build_request('GET', where, headers=headers), stream=True)
        try:
            if response.status_code in REDIRECTS and 'location' in response.headers:
                location = response.headers['location']
            elif page and response.status_code == 200 and is_html(response):
                location, page = page(_text(response)), None
            else:
                yield response
                return
        finally:
            response.close()
        with _redirected():
            onward = where.join(location)
        downgraded = (where.scheme, onward.scheme) == ('https', 'http')
        if onward.scheme not in ('http', 'https') or downgraded or not onward.host:
            there = f'{onward.scheme[:20] or "nowhere"}://'
            raise Refused(f'redirects from {where.scheme}:// to {there}, which is not followed')
        where = onward
    raise Refused(f'redirects more than {limits.redirects} times')


def is_html(response: httpx.Response) -> bool:
    """Whether the answer calls itself a web page."""
    kind = response.headers.get('content-type', '').partition(';')[0].strip().lower()
    return kind in ('text/html', 'application/xhtml+xml')


def check_status(response: httpx.Response) -> None:
    """Turn an answer that is no content into a failure.

    Raises:
        Broken: it may be another one later.
        Refused: it will not.
    """
    status = response.status_code
    if status in (200, 206):
        return
    if status in LATER:
        asked = response.headers.get('retry-after', '')
        raise Broken(
            f'answers {status} {response.reason_phrase:.60}'.rstrip(), float(asked) if asked.isdecimal() else 0.0
        )
    reason = REASONS.get(status, f'answers {response.reason_phrase:.60}'.rstrip())
    raise Refused(f'{reason} (HTTP {status})')


@contextmanager
def in_words(limits: Limits, arrived: Callable[[], str]) -> Iterator[None]:
    """Turn the errors of the library into one line.

    Args:
        limits: the times to name.
        arrived: tells how much of the file has come.

    Raises:
        Broken: it may go better another time.
        Refused: the address is malformed.
    """
    try:
        yield
    except httpx.ConnectTimeout as error:
        raise Broken(f'does not answer within {limits.connect:g} s') from error
    except httpx.TimeoutException as error:
        raise Broken(f'sent nothing for {limits.read:g} s, {arrived()}') from error
    except httpx.ConnectError as error:
        raise Broken(f'cannot be reached ({_first_line(error)})') from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError) as error:
        raise Refused(f'is no address ({_first_line(error)})') from error
    except httpx.HTTPError as error:
        raise Broken(f'broke off, {arrived()} ({_first_line(error)})') from error


@contextmanager
def _redirected() -> Iterator[None]:
    """Say that it was a redirect that leads to no address."""
    try:
        yield
    except httpx.InvalidURL as error:
        raise Refused(f'redirects to what is no address ({_first_line(error)})') from error


def _text(response: httpx.Response) -> str:
    """Beginning of a page."""
    content = b''
    for block in response.iter_raw():
        content += block
        if len(content) > LONGEST_PAGE:
            break
    return content[:LONGEST_PAGE].decode('utf-8', 'replace')


def _first_line(error: Exception) -> str:
    """What an error says, in one short line."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
