r"""Just enough of OpenSSH's own key format to tell what is in it before a library is asked to load it.

Facts: PROTOCOL.key of OpenSSH: the magic "openssh-key-v1\0", then cipher, key derivation and its options, the number of keys,
the public keys, the private part; each a length of four bytes and that many bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["MAGIC", "OpenSsh", "read_openssh"]

MAGIC = b"openssh-key-v1\0"
_TYPES = {
    b"ssh-rsa": "RSA",
    b"ssh-dss": "DSA",
    b"ssh-ed25519": "Ed25519",
    b"ecdsa-sha2-nistp256": "EC",
    b"ecdsa-sha2-nistp384": "EC",
    b"ecdsa-sha2-nistp521": "EC",
    b"sk-ssh-ed25519@openssh.com": "Ed25519 on a security key",
    b"sk-ecdsa-sha2-nistp256@openssh.com": "EC on a security key",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSsh:
    """What a key in OpenSSH's format says of itself; `size` is in bytes, `rounds` those of its bcrypt."""

    encrypted: bool
    algorithm: str
    rounds: int
    size: int


def read_openssh(data: bytes) -> OpenSsh | None:
    """Read what stands before the private part; None where the text is cut off, or is no such key."""
    fields = _Fields(data, len(MAGIC))
    cipher, _derivation, options = fields.take(), fields.take(), fields.take()
    fields.number()
    public, private = fields.take(), fields.take()
    if None in (cipher, options, public, private):
        return None
    kind = _Fields(public or b"", 0).take()
    return OpenSsh(
        encrypted=cipher != b"none",
        algorithm=_TYPES.get(kind or b"", ""),
        rounds=int.from_bytes((options or b"")[-4:], "big"),
        size=fields.offset,
    )


class _Fields:
    """Reads one field after the other; from the first that is cut off on, every one is None."""

    def __init__(self, data: bytes, offset: int) -> None:
        self._data = data
        self.offset = offset

    def number(self) -> int | None:
        """Read four bytes as a number."""
        end = self.offset + 4
        if end > len(self._data):
            self.offset = len(self._data) + 1
            return None
        found = int.from_bytes(self._data[self.offset : end], "big")
        self.offset = end
        return found

    def take(self) -> bytes | None:
        """Read a field: its length, then its bytes."""
        size = self.number()
        if size is None or self.offset + size > len(self._data):
            self.offset = len(self._data) + 1
            return None
        self.offset += size
        return self._data[self.offset - size : self.offset]
