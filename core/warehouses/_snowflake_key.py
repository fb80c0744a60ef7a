"""The private key of a login: read before the driver gets it, since it says nothing of what is wrong with one."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import SecretError
from core.model import Secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

__all__ = ["Key", "read_key"]

SHORTEST_KEY = 2048
"""Snowflake takes RSA keys from 2048 bits up: https://docs.snowflake.com/en/user-guide/key-pair-auth"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A private key that fits, as the driver takes it, and the fingerprint that Snowflake shows of its public half."""

    der: bytes
    fingerprint: str


def read_key(secret: Secret) -> Key:
    """Give the RSA key of an unencrypted PEM. Raises SecretError."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    try:
        key = serialization.load_pem_private_key(secret.reveal().encode(), password=None)
    except TypeError:  # without its cause: a key's text is in no error
        raise _unfit("The private key is encrypted.", "Decrypt it: openssl pkcs8 -in key.p8 -out plain.p8.") from None
    except (ValueError, UnicodeEncodeError):
        remedy = "It must be the whole text of the file, from -----BEGIN PRIVATE KEY----- to -----END PRIVATE KEY-----."
        raise _unfit("The secret private_key holds no private key that can be read.", remedy) from None
    if not isinstance(key, RSAPrivateKey):
        raise _unfit("The private key is no RSA key.", "Snowflake takes RSA keys: openssl genrsa 2048.")
    if key.key_size < SHORTEST_KEY:
        message = f"The private key has {key.key_size} bits; Snowflake takes RSA keys from {SHORTEST_KEY} bits up."
        raise _unfit(message, "Make a new one: openssl genrsa 2048 | openssl pkcs8 -topk8 -nocrypt -out key.p8.")
    return _key(key)


def _key(key: RSAPrivateKey) -> Key:
    from cryptography.hazmat.primitives import serialization

    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    private = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    digest = base64.b64encode(hashlib.sha256(public).digest()).decode()
    return Key(der=private, fingerprint=f"SHA256:{digest}")


def _unfit(message: str, remedy: str) -> SecretError:
    return SecretError(message, remedy=f"{remedy} Then set it again: `backhaul secret set sources/<name>.private_key`.")
