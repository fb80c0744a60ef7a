r"""Fixes what happens to a key's text on its way: mail, chat, word processors, shells, environment variables, Windows.

Each `Fix` is a sentence for a person and, where there is one, the shell filter that does the same to a file. No text is
refused here: what is not understood stays, and is told later on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["AROUND", "MARKERS", "Fix", "decoded", "fixed_text"]


@dataclass(frozen=True, slots=True)
class Fix:
    """What was done to a text. `shell` is a filter from stdin to stdout; "" where a file needs nothing, None where there is none."""

    sentence: str
    shell: str | None = None


AROUND = Fix("What stood around the key was left out.")

_UTF16 = Fix("UTF-16 was made plain text.", "iconv -f UTF-16 -t UTF-8")
_UTF16_BARE = Fix("UTF-16 was made plain text.")
_MARK = Fix("A byte order mark at the start was left out.", "tail -c +4")
_UNSEEN = Fix("Invisible characters were removed.")
_SPACES = Fix("Spaces of another kind were made plain spaces.")
_DASHES = Fix("Dashes that a word processor put in were made hyphens.")
_WINDOWS = Fix("Windows line ends were made plain ones.", "tr -d '\\r'")
_CARRIAGE = Fix("Line ends of an old Macintosh (CR) were made plain ones.", "tr '\\r' '\\n'")
_UNUSUAL = Fix("Unusual line ends were made plain ones.")
_ESCAPED = Fix(
    "Line ends written as the two characters \\n were made line ends.", r"""awk '{gsub(/(\\+r)?\\+n/,"\n")}1'"""
)
_CODES = Fix("Characters written as codes (such as \\u003d or \\/) were made characters.")
_INDENTED = Fix("Spaces at the starts or ends of lines were left out.", "sed 's/^[[:space:]]*//;s/[[:space:]]*$//'")

_LABELS = (
    "PRIVATE KEY",
    "RSA PRIVATE KEY",
    "ENCRYPTED PRIVATE KEY",
    "EC PRIVATE KEY",
    "DSA PRIVATE KEY",
    "ANY PRIVATE KEY",
    "OPENSSH PRIVATE KEY",
    "SSH2 ENCRYPTED PRIVATE KEY",
    "PUBLIC KEY",
    "RSA PUBLIC KEY",
    "SSH2 PUBLIC KEY",
    "EC PARAMETERS",
    "DSA PARAMETERS",
    "DH PARAMETERS",
    "CERTIFICATE",
    "X509 CERTIFICATE",
    "TRUSTED CERTIFICATE",
    "CERTIFICATE REQUEST",
    "NEW CERTIFICATE REQUEST",
    "PKCS7",
    "PGP PRIVATE KEY BLOCK",
    "PGP PUBLIC KEY BLOCK",
)
MARKERS = re.compile(
    r"-{0,10}[^\S\n]{0,10}\b(BEGIN|END)[^\S\n]{1,10}("
    + "|".join(label.replace(" ", r"[^\S\n]{1,10}") for label in sorted(_LABELS, key=len, reverse=True))
    + r")\b[^\S\n]{0,10}-{0,10}"
)
r"""The first and last lines of PEM, with however many dashes (RFC 7468 says five). Only labels that are known: what a text
itself says is never repeated to anybody."""


def decoded(material: bytes) -> tuple[str, tuple[Fix, ...]]:
    """Turn bytes into text, whatever wrote them: UTF-8, UTF-16 with or without its mark, else Windows' own code page."""
    if material[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return material.decode("utf-16", "replace"), (_UTF16,)
    start = material[:400]
    for odd, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if len(start) > 8 and start[odd::2].count(0) > len(start) // 2 * 0.8:
            return material.decode(encoding, "replace"), (_UTF16_BARE,)
    if material.startswith(b"\xef\xbb\xbf"):
        return material[3:].decode("utf-8", "replace"), (_MARK,)
    try:
        return material.decode("utf-8"), ()
    except UnicodeDecodeError:
        return material.decode("cp1252", "replace"), ()


def fixed_text(text: str) -> tuple[str, tuple[Fix, ...]]:
    """Make a text plain: its line ends, dashes, spaces and codes; return it with what was done."""
    fixes = []
    if text.startswith("\ufeff"):
        text = text[1:]
        fixes.append(_MARK)
    for fix, change in _STEPS:
        changed = change(text)
        if changed != text:
            fixes.append(fix)
            text = changed
    return text, tuple(fixes)


def _replacing(pattern: str, by: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)
    return lambda text: compiled.sub(by, text)


def _characters(text: str) -> str:
    plain = re.sub(r"\\u([0-9A-Fa-f]{4})", lambda found: chr(int(found[1], 16)), text)
    return plain.replace("\\/", "/").replace("\\t", "\t").replace('\\"', '"')


def _without_indent(text: str) -> str:
    """Take spaces from both ends of each line, of texts that have the first or last line of a key."""
    if not MARKERS.search(text):
        return text
    return "\n".join(line.strip(" \t") for line in text.split("\n"))


_STEPS: tuple[tuple[Fix, Callable[[str], str]], ...] = (
    (_UNSEEN, _replacing("[\x00\xad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]", "")),
    (_SPACES, _replacing("[\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]", " ")),
    (_DASHES, _replacing("[\u2010-\u2015\u2212\u2500\ufe58\ufe63\uff0d]", "-")),
    (_WINDOWS, _replacing("\r\n", "\n")),
    (_CARRIAGE, _replacing("\r", "\n")),
    (_UNUSUAL, _replacing("[\x0b\x0c\x85\u2028\u2029]", "\n")),
    (_ESCAPED, _replacing(r"(?:\\{1,8}r)?\\{1,8}n", "\n")),
    (_CODES, _characters),
    (_INDENTED, _without_indent),
)
