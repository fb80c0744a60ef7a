"""What is written when the console crashes: where, without a single local variable, with what looks secret blacked out.

Secrets that this process knows (those typed here, those of its environment) are blacked out wherever something is drawn,
copied, saved or reported, whatever a vendor put into the text of an error.

The report goes to `.backhaul/logs/console-<time>.log`, readable by its owner only; the terminal gets one sentence.
"""

from __future__ import annotations

import base64
import json
import os
import re
import sys
import time
import traceback
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from rich.segment import Segment, Segments

from core.harmless import harmless

__all__ = ["blacked_out", "remember_environment", "remember_secret", "report", "spoken", "without_secrets"]

_KNOWN: set[str] = set()
_SHORTEST = 4
_SHORTEST_DRAWN = 8
"""Shorter ones are not looked for in what is drawn: they would be found in plain words."""

_SHORTEST_LINE = 16
_BLACK = "••••••"
_IN_ENVIRONMENT = ("BACKHAUL_SOURCES_", "BACKHAUL_DESTINATIONS_")

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


def remember_environment() -> None:
    """Take note of the secrets of sources and destinations that the environment holds."""
    for name, value in os.environ.items():
        if name.startswith(_IN_ENVIRONMENT):
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
    found = {form for secret in _KNOWN if len(secret) >= shortest for form in _forms(secret)}
    return re.compile("|".join(re.escape(form) for form in sorted(found, key=len, reverse=True)) or r"(?!)")


def _forms(secret: str) -> Iterator[str]:
    """Give how a secret may stand in a text: as it is, line by line, quoted, in a URI, in a header."""
    raw = secret.encode("utf-8", "surrogatepass")
    yield secret
    yield from (line for line in secret.splitlines() if len(line) >= _SHORTEST_LINE)
    yield from (repr(secret)[1:-1], json.dumps(secret)[1:-1], harmless(secret), harmless(secret, lines=True))
    yield from (quote(raw), quote(raw, safe=""))
    yield from (base64.b64encode(part).decode().rstrip("=") for part in (raw, raw + b":"))


def report(state: Path) -> Segments:
    """Write the report of the exception that is being handled; give the sentence for the terminal."""
    kind, error, trace = sys.exc_info()
    lines = [f"{time.strftime('%Y-%m-%dT%H:%M:%S%z')}  {kind.__name__ if kind else 'no error'}"]
    lines += [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in traceback.extract_tb(trace)]
    lines.append(f"{kind.__name__ if kind else ''}: {error}")
    text = harmless(blacked_out("\n".join(lines)), lines=True)
    place = state / "logs" / f"console-{time.strftime('%Y%m%d-%H%M%S')}.log"
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text + "\n")
        where = f"The report is in {harmless(place)}."
    except OSError as failed:
        where = f"The report could not be written ({failed.strerror})."
    sentence = (
        f"The console has crashed ({kind.__name__ if kind else 'unknown'}). Runs go on, and nothing you typed is lost.\n"
        f"{where} It holds no data of yours: please pass it on. `backhaul` opens the console again.\n"
    )
    return Segments([Segment(sentence)])


def spoken(said: str) -> str:
    """Give what a command printed on stderr as a sentence."""
    line = said.strip().splitlines()[-1] if said.strip() else ""
    try:
        document = json.loads(line)
        return blacked_out(f"{document['message']} {document['remedy']}".strip())
    except (ValueError, KeyError, TypeError):
        return blacked_out(line)
