"""Secrets that this process knows, blacked out of whatever is written, drawn, copied or told.

A server may repeat what it was sent: a key in a reply, a password in the text of an error. So each secret that is read or
typed is remembered here, in this process only, and taken out of every error's text (core.errors), every reply
(core.sync.delivery.transport) and everything that the console draws. It is found as it is, and in each form in which it may stand there: in
base64 at any place of what was encoded (the header of Basic has a user before it), in hexadecimal digits, and behind a few layers
of escapes (core.escapes), so that a later reading of the text does not bring it back.

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
from dataclasses import dataclass
from functools import lru_cache

from core.escapes import Plain, undone

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
"""Shorter ones are not looked for in what is drawn, where they would be found in plain words: those of letters, and of four characters."""

_SHORTEST_LINE = 16
_SHORTEST_PART = 8
"""A half of `id:secret` is a secret by itself, where it is at least so long."""

_SHORTEST_CORE = 6
_LAYERS, _MOST_LAYERS = 4, 24
_ESCAPING = re.compile(r"[\\%&\x00\r\n\u00ad\u200b-\u200f\u2060\ufeff]|=[0-9A-F]{2}|(?:[0-9a-fA-F]{2}[: -]){3}")
_SHORTEST_BEGINNING = 12
"""Three quarters of a secret, and at least so many characters, are looked for, too: a server may cut it."""

_BLACK = "••••••"
IN_ENVIRONMENT = ("BACKHAUL_SOURCES_", "BACKHAUL_DESTINATIONS_", "BACKHAUL_ALERTS_")
"""What the names of variables that hold a secret begin with."""

_SECRET_KEY = re.compile(r"(?i)private_?key$|secret|token|password")
"""Which values are secret in a secret that is a document of JSON, such as the key of a service account."""

_LOOKS_SECRET = re.compile(
    r"""-----BEGIN[^-]*PRIVATE\ KEY-----.*?(?:-----END[^-]*-----|\Z)
      | (?i:\b(?:basic|bearer)\s+)[A-Za-z0-9+/=._~-]{6,}
      | (?i:(?:password|passwd|passphrase|secret|token|api[_-]?key|write[_-]?key|authorization)
            ["']?\s*[=:\s]\s*["']?(?:(?:basic|bearer)\s+)?)[^\s"',;]{3,}
      | (?<=://)[^/\s:@]*:[^/\s@]+(?=@)
      | \b[A-Za-z0-9+/_-]{40,}={0,2}""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class _Layer:
    """A text, or what it says once some escapes are undone: `above` is the text that it came from, `plain` the way back to it."""

    text: str
    above: _Layer | None = None
    plain: Plain | None = None

    def below(self) -> Iterator[_Layer]:
        """Yield what it says without one more kind of escapes."""
        yield from (_Layer(each.text, self, each) for each in undone(self.text))

    def outermost(self, span: tuple[int, int]) -> tuple[int, int]:
        """Return where in the first text some characters of this one stand."""
        if self.above is None or self.plain is None:
            return span
        return self.above.outermost(self.plain.span(*span))


def remember_secret(text: str) -> None:
    """Take note of a secret that was read or typed: it is blacked out wherever something is written."""
    if len(text) >= _SHORTEST and text not in _KNOWN:
        _KNOWN.add(text)
        _forms.cache_clear()
        for part in _parts(text):
            remember_secret(part)


def remember_public(text: str) -> None:
    """Take note of a public key (its base64 body): what a secret shares with it is not blacked out."""
    if text and text not in _PUBLIC:
        _PUBLIC.add(text)
        _forms.cache_clear()


def remember_environment() -> None:
    """Take note of the secrets of sources, destinations and alerts that the environment holds."""
    for name, value in os.environ.items():
        if name.startswith(IN_ENVIRONMENT):
            remember_secret(value)


def without_secrets(text: str) -> str:
    """Return a text without the secrets that are known here: what comes from outside, before it is drawn or goes elsewhere."""
    return _without(text, _SHORTEST_DRAWN) if _KNOWN else text


def blacked_out(text: str) -> str:
    """Return a text without secrets: those that are known here, and what looks like one."""
    return _LOOKS_SECRET.sub(_BLACK, _without(text, _SHORTEST) if _KNOWN else text)


def _without(text: str, shortest: int) -> str:
    """Black out the secrets of at least so many characters, as they are and behind escapes."""
    forms = _forms(shortest)
    spans = _found(text, forms)
    if _ESCAPING.search(text):
        spans += _found_behind_escapes(text, forms)
    if not spans:
        return text
    kept, at = [], 0
    for start, end in sorted(spans):
        if start >= at:
            kept.append(text[at:start])
        at = max(at, end)
    return _BLACK.join([*kept, text[at:]])


def _found(text: str, forms: tuple[str, ...]) -> list[tuple[int, int]]:
    """Find each form: one search after the other, which is many times as fast as one expression for all. The shortest come first."""
    length, spans = len(text), []
    for form in forms:
        if len(form) > length:
            break
        if form in text:
            at = text.find(form)
            while at >= 0:
                spans.append((at, at + len(form)))
                at = text.find(form, at + len(form))
    return spans


def _found_behind_escapes(text: str, forms: tuple[str, ...]) -> list[tuple[int, int]]:
    """Find each form in what the text says once its escapes are undone, one kind after the other in any order."""
    spans = []
    seen, layers = {text}, [_Layer(text)]
    for _ in range(_LAYERS):
        if len(seen) > _MOST_LAYERS:
            break
        below = {inner.text: inner for layer in layers for inner in layer.below() if inner.text not in seen}
        seen.update(below)
        layers = list(below.values())
        spans += [layer.outermost(span) for layer in layers for span in _found(layer.text, forms)]
    return spans


@lru_cache(maxsize=2)
def _forms(shortest: int) -> tuple[str, ...]:
    """Return each form of the secrets that are known here and at least so long."""
    sought = [
        secret for secret in _KNOWN if len(secret) >= shortest or (len(secret) > _SHORTEST and not secret.isalpha())
    ]
    found = {form for secret in sought for form in _forms_of(secret) if not _is_public(form)}
    return tuple(sorted(found, key=lambda form: (len(form), form)))


def _is_public(form: str) -> bool:
    """Return whether a form is a part of a public key. What is shorter than a line of a key is in there by chance only."""
    return len(form) >= _SHORTEST_LINE and any(form in public for public in _PUBLIC)


def _parts(secret: str) -> Iterator[str]:
    """Yield what of a secret is one by itself: the halves of `id:secret`, and the secret values of a document."""
    if "\n" not in secret and "://" not in secret:
        yield from (part for part in secret.split(":")[:-1] + secret.split(":")[1:] if len(part) >= _SHORTEST_PART)
    if secret.lstrip().startswith("{"):
        try:
            document = json.loads(secret)
        except (ValueError, RecursionError):
            return
        if isinstance(document, dict):
            values = (value for name, value in document.items() if _SECRET_KEY.search(name))
            yield from (value for value in values if isinstance(value, str) and len(value) >= _SHORTEST_PART)


def _forms_of(secret: str) -> Iterator[str]:
    """Yield how a secret may stand in a text without escapes: as it is, line by line, in a form, in base64, in hexadecimal digits."""
    raw = secret.encode("utf-8", "surrogatepass")
    yield secret
    # the line that begins a key is no secret, and by it other keys are known for what they are
    yield from (line for line in secret.splitlines() if len(line) >= _SHORTEST_LINE and not line.startswith("-----"))
    if " " in secret:
        yield secret.replace(" ", "+")
    if "\n" not in secret:
        yield from (secret.lower(), secret.upper())
        most = max(_SHORTEST_BEGINNING, len(secret) * 3 // 4)
        yield from (secret[:most], secret[-most:])
    yield from (raw.hex(), raw.hex().upper())
    for encoded in {base64.b64encode(part).decode().rstrip("=") for part in (raw, raw + b":")} | set(_cores(raw)):
        yield encoded
        yield encoded.translate(_URL_SAFE)
    yield from _cores(base64.b64encode(raw))


_URL_SAFE = str.maketrans("+/", "-_")


def _cores(raw: bytes) -> Iterator[str]:
    """Yield the base64 of what has other bytes before and behind it, without the characters that hold bits of those."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + raw).decode().rstrip("=")
        is_whole = (before + len(raw)) % 3 == 0
        core = encoded[(0, 2, 3)[before] : None if is_whole else -1]
        if len(core) >= _SHORTEST_CORE:
            yield core
