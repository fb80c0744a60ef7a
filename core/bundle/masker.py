"""What stands in a bundle in the place of a value: its kind and a short digest, `<email cfnaob>`, so that equal values stay equal.

The digest is salted with what only this bundle's making knew: nobody can try values against it. Beside the patterns of core.masking, each
value of the rows that were refused is looked for wherever a text stands, since a reply or an error may repeat it without quotes.
"""

from __future__ import annotations

import hashlib
import re
import secrets as randomness
from collections.abc import Collection, Mapping
from typing import Any

from core.control_chars import escape_control_chars
from core.masking import without_people
from core.redaction import blacked_out
from core.scan import PieceKind, scan

__all__ = ["Masker"]

_SHORTEST = 3
_LETTERS = str.maketrans("0123456789", "ghijklmnop")
"""Digests have letters only, so that none looks like a number that has to be masked."""

_MASKED = re.compile(r"<\w+ [a-p]{6}>")
_OURS = re.compile(r"[a-z_]{1,30}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_NUMBER = re.compile(r"[+0-9][0-9 ./-]*")
_LONG_NUMBER = re.compile(r"\b[0-9]{6,}\b")
_SPAN = re.compile(r"[0-9]{1,4} ?(?:second|minute|hour|day|week|month|year)s?|")
_IGNORE = re.compile(r"(?:--|//|#)\s*backhaul:\s*ignore [a-z, -]+")


class Masker:
    """Masks texts. `names` may stay wherever they stand; `values` are looked for everywhere; `places` are folders, with their names here."""

    def __init__(
        self, names: Collection[str], values: Collection[str], places: Mapping[str, str] | None = None
    ) -> None:
        self.names = frozenset(names)
        self.masked = 0
        self._places = places or {}
        self._values = frozenset(values)
        self._salt = randomness.token_bytes(16)
        self._known: dict[str, str] = {}

    def value(self, value: object, kind: str = "") -> str:
        """Return what stands in the place of a value; without a kind, by how it looks."""
        text = str(value)
        self.masked += 1
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=self._salt, digest_size=3).hexdigest()
        return f"<{kind or _kind(text)} {digest.translate(_LETTERS)}>"

    def text(self, text: str, own: Collection[str] = ()) -> str:
        """Return a text without secrets, values of people, and what a terminal would obey; `own` are values that it may repeat, too."""
        if own or text not in self._known:
            found = self._text(text, own)
            if own:
                return found
            self._known[text] = found
        return self._known[text]

    def _text(self, text: str, own: Collection[str]) -> str:
        text = blacked_out(text)
        for place, name in self._places.items():
            text = text.replace(place, name)
        values = {each for each in {*self._values, *own} if len(each) >= _SHORTEST and each in text} - self.names
        found = without_people(text, known=self.names, values=values, mask=self._once)
        return escape_control_chars(found, lines=True)

    def _once(self, value: str) -> str:
        """Mask a value, but for one that is masked already: quotes around it were left."""
        return value if _MASKED.fullmatch(value) else self.value(value)

    def sql(self, text: str, dialect: str) -> str:
        """Return a query whose names and structure stay; what its literals and comments say goes."""
        return "".join(self._piece(piece.kind, text[piece.start : piece.end]) for piece in scan(text, dialect))

    def _piece(self, kind: PieceKind, text: str) -> str:
        match kind:
            case PieceKind.STRING:
                quote = "$$" if text.startswith("$") else text[0]
                inside = text.strip(text[0])
                return text if _SPAN.fullmatch(inside) else f"{quote}{self.value(inside, 'text')}{quote}"
            case PieceKind.COMMENT if not _IGNORE.fullmatch(text.strip()):
                mask = self.value(text, "comment")
                return f"/* {mask} */" if text.startswith("/*") else f"-- {mask}"
            case PieceKind.CODE:
                return escape_control_chars(
                    _LONG_NUMBER.sub(lambda found: self.value(found[0], "number"), text), lines=True
                )
            case _:
                return escape_control_chars(text, lines=True)

    def name(self, name: str) -> str:
        """Return a name that the query or the project has; another one may be data (a key of a JSON column)."""
        return name if name in self.names else self.value(name, "field")

    def document(self, value: Any, kept: Collection[str], key: str = "") -> Any:
        """Return a document of JSON: numbers as they are, the texts of the keys `kept`, all other texts masked."""
        if isinstance(value, Mapping):
            return {self._key(str(name)): self.document(each, kept, str(name)) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.document(each, kept, key) for each in value]
        if isinstance(value, str):
            return escape_control_chars(blacked_out(value), most=200) if key in kept else self.text(value)
        return value if value is None or isinstance(value, bool | int | float) else self.text(str(value))

    def _key(self, name: str) -> str:
        """Return a key of a document: ours are plain words."""
        return name if _OURS.fullmatch(name) else self.value(name, "key")

    def settings(self, value: Any, kept: Collection[str], key: str = "") -> Any:
        """Return what a file of the project says: texts of the keys `kept`, switches and small numbers; of all else the kind.

        What stands under `columns` are names.
        """
        if isinstance(value, Mapping):
            if key == "columns":
                return {self.name(str(name)): self.text(str(each)) for name, each in value.items()}
            return {str(name): self.settings(each, kept, str(name)) for name, each in value.items()}
        if isinstance(value, list):
            return [self.settings(each, kept, key) for each in value]
        if isinstance(value, str):
            return self.text(value) if key in kept else self.value(value, key)
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 1_000_000_000:
            return self.value(value, key)
        return value


def _kind(text: str) -> str:
    if _EMAIL.fullmatch(text):
        return "email"
    return "number" if _NUMBER.fullmatch(text) else "text"
