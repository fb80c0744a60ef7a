"""The private key of a login: read before the driver gets it, since it says nothing of what is wrong with one."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from core import keys
from core.errors import SecretError
from core.model import Secret

__all__ = ["Key", "read_key"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A private key that fits, as the driver takes it, its public half, and the fingerprint that Snowflake shows of that."""

    der: bytes
    public_key: str
    fingerprint: str


def read_key(secret: Secret) -> Key:
    """Give the RSA key of a text in any form that needs no passphrase (core.keys). Raises SecretError."""
    found = keys.inspect(secret.reveal())
    if found.verdict is keys.Verdict.NEEDS_PASSPHRASE:
        convert = (
            "`backhaul key convert FILE --secret sources/<name>.private_key` asks for it, and keeps the key without."
        )
        raise SecretError(found.sentence, remedy=f"Convert it once: {convert}")
    if found.key is None:
        again = "Then set it again: `backhaul secret set sources/<name>.private_key`."
        raise SecretError(found.sentence, remedy=f"{found.remedy} {again}".strip())
    body = "".join(line for line in found.key.reveal().splitlines() if not line.startswith("-"))
    return Key(der=base64.b64decode(body), public_key=found.public_key, fingerprint=found.fingerprint)
