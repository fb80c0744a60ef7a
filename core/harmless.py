r"""Makes text from outside harmless before it is drawn, copied or logged. The one sanitiser, for commands and console.

Control characters, escape sequences, C1 codes, bidirectional marks and what nobody can see become visible escapes
(`\x1b`, `\u202e`): a cell of a warehouse or a reply of an API can neither move the cursor, write the clipboard, nor turn a
line around or look like another. Joiners (U+200C, U+200D) stay: words of many languages, and emoji, need them.
"""

from __future__ import annotations

import re

__all__ = ["encodable", "harmless"]

_DANGEROUS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)
_LINE_BREAKS = re.compile("[\t\n]")


def harmless(text: object, *, most: int | None = None, lines: bool = False) -> str:
    """Give `text` without anything that a terminal would obey; at most `most` characters, the last an ellipsis where it is cut.

    Tabs and line breaks become visible too, unless `lines` says that they are wanted.
    """
    whole = str(text)
    plain = _DANGEROUS.sub(_visible, whole if most is None else whole[: most + 1])
    if not lines:
        plain = _LINE_BREAKS.sub(lambda found: {"\t": "\\t", "\n": "\\n"}[found[0]], plain)
    return plain if most is None or len(plain) <= most else plain[: max(most - 1, 0)] + "…"


def encodable(text: str) -> str:
    r"""Return a text that every file, database and terminal takes: lone surrogates become visible escapes (`\ud83d`).

    JSON can hold them (what cutting a string in JavaScript yields), and so can the names of files; UTF-8 cannot.
    """
    if text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _visible(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"
