"""Secrets that this process knows, blacked out of whatever is written, drawn, copied or told.

A server may repeat what it was sent: a key in a reply, a password in the text of an error. So each secret that is read or
typed is remembered here, in this process only, and taken out of every error's text (core.errors), every reply
(core.sync.transport) and everything that the console draws, in each form in which it may stand there.

A private key holds its public one: PKCS#1 begins with the same number, at the same place of base64, so that whole lines of
it stand in the public key, too. A public key is there to be shown, so those that are known (core.keys, when it opens a
key) are remembered here as well, and such lines are no secret. A line with one letter of a private number still is.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import quote

from core.harmless import harmless

__all__ = [
    "IN_ENVIRONMENT",
    "blacked_out",
    "remember_environment",
    "remember_public",
    "remember_secret",
    "without_secrets",
]

_KNOWN: set[str] = set()
_PUBLIC: set[str] = set()
_SHORTEST = 4
_SHORTEST_DRAWN = 8
"""Shorter ones are not looked for in what is drawn: they would be found in plain words."""

_SHORTEST_LINE = 16
_BLACK = "••••••"
IN_ENVIRONMENT = ("BACKHAUL_SOURCES_", "BACKHAUL_DESTINATIONS_", "BACKHAUL_ALERTS_")
"""What the names of variables that hold a secret begin with."""


_LOOKS_SECRET = re.compile(
    r"""-----BEGIN[^-]*PRIVATE\ KEY-----.*?(?:-----END[^-]*-----|\Z)
      | (?i:\b(?:basic|bearer)\s+)[A-Za-z0-9+/=._~-]{6,}
      | (?i:(?:password|passwd|passphrase|secret|token|api[_-]?key|write[_-]?key|authorization)
            ["']?\s*[=:\s]\s*["']?(?:(?:basic|bearer)\s+)?)[^\s"',;]{3,}
      | (?<=://)[^/\s:@]*:[^/\s@]+(?=@)
      | \b[A-Za-z0-9+/_-]{40,}={0,2}""",
    re.VERBOSE | re.DOTALL,
)


def remember_secret(text: str) -> None:
    """Take note of a secret that was typed: it is blacked out wherever something is written."""
    if len(text) >= _SHORTEST and text not in _KNOWN:
        _KNOWN.add(text)
        _pattern.cache_clear()


def remember_public(text: str) -> None:
    """Take note of a public key (its base64 body): what a secret shares with it is not blacked out."""
    if text and text not in _PUBLIC:
        _PUBLIC.add(text)
        _pattern.cache_clear()


def remember_environment() -> None:
    """Take note of the secrets of sources, destinations and alerts that the environment holds."""
    for name, value in os.environ.items():
        if name.startswith(IN_ENVIRONMENT):
            remember_secret(value)


def without_secrets(text: str) -> str:
    """Give a text without the secrets that are known here: what comes from outside, before it is drawn or goes elsewhere."""
    return _pattern(_SHORTEST_DRAWN).sub(_BLACK, text) if _KNOWN else text


def blacked_out(text: str) -> str:
    """Give a text without secrets: those that are known here, and what looks like one."""
    return _LOOKS_SECRET.sub(_BLACK, _pattern(_SHORTEST).sub(_BLACK, text) if _KNOWN else text)


@lru_cache(maxsize=2)
def _pattern(shortest: int) -> re.Pattern[str]:
    """Find the secrets that are known here and at least so long, in each form; the longest first."""
    found = {form for secret in _KNOWN if len(secret) >= shortest for form in _forms(secret) if not _is_public(form)}
    return re.compile("|".join(re.escape(form) for form in sorted(found, key=len, reverse=True)) or r"(?!)")


def _is_public(form: str) -> bool:
    """Say whether a form is a part of a public key. What is shorter than a line of a key is in there by chance only."""
    return len(form) >= _SHORTEST_LINE and any(form in public for public in _PUBLIC)


def _forms(secret: str) -> Iterator[str]:
    """Give how a secret may stand in a text: as it is, line by line, quoted, in a URI, in a header."""
    raw = secret.encode("utf-8", "surrogatepass")
    yield secret
    # the line that begins a key is no secret, and by it other keys are known for what they are
    yield from (line for line in secret.splitlines() if len(line) >= _SHORTEST_LINE and not line.startswith("-----"))
    yield from (repr(secret)[1:-1], json.dumps(secret)[1:-1], harmless(secret), harmless(secret, lines=True))
    yield from (quote(raw), quote(raw, safe=""))
    yield from (base64.b64encode(part).decode().rstrip("=") for part in (raw, raw + b":"))
