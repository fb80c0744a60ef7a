"""Keys for the tests of Snowflake, made once."""

from __future__ import annotations

import base64
import functools
import hashlib
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

__all__ = ["PLAIN", "fingerprint_of", "pem", "public_body", "rsa_key"]

PEM, PKCS8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
PLAIN = serialization.NoEncryption()


@functools.cache
def rsa_key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """Give a key; the same for the same name."""
    del name
    return rsa.generate_private_key(65537, bits)


def pem(key: Any, encryption: Any = PLAIN) -> str:
    return str(key.private_bytes(PEM, PKCS8, encryption).decode())


def public_body(key: rsa.RSAPrivateKey) -> str:
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(key.public_key().public_bytes(*form)).decode()


def fingerprint_of(key: rsa.RSAPrivateKey) -> str:
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return "SHA256:" + base64.b64encode(hashlib.sha256(key.public_key().public_bytes(*form)).digest()).decode()
