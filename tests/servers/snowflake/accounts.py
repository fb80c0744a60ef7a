"""Who may log in, with what, and what is told to who may not: verified here, not believed.

Codes and texts are those that Snowflake publishes (https://docs.snowflake.com/en/user-guide/key-pair-auth-troubleshooting,
https://docs.snowflake.com/en/user-guide/programmatic-access-tokens) or that its drivers' trackers quote; the tests hold a link beside each.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization

ACCOUNT = "BACKHAUL"
LONGEST_JWT = 3600 + 60


@dataclass
class User:
    """A user: credentials, what it sees, and with `answer` what its login is told whatever it sends.

    `keys` are the two slots for public keys (the base64 body of a PEM). `hidden` names databases, schemas and tables
    that look to its roles as if they did not exist. `answers` gives errors for statements by a name that they contain.
    """

    password: str = ""
    keys: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    oauth: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=lambda: ["READER"])
    warehouses: list[str] = field(default_factory=lambda: ["READING"])
    parameters: dict[str, str] = field(default_factory=dict)
    grants: list[list[str]] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    answer: dict[str, str] | None = None


@dataclass
class RefusedError(Exception):
    """A login that is refused, with Snowflake's code and words."""

    code: str
    message: str


def verify(users: dict[str, User], data: dict[str, Any]) -> User:
    """Return the user that a login request proves to be. Raises RefusedError."""
    method = str(data.get("AUTHENTICATOR") or "SNOWFLAKE").upper()
    name = str(data.get("LOGIN_NAME") or "").upper()
    user = users.get(name)
    if user is not None and user.answer is not None:
        raise RefusedError(user.answer["code"], user.answer["message"])
    token = str(data.get("TOKEN") or "")
    match method:
        case "SNOWFLAKE_JWT":
            return _by_key(users, name, token)
        case "PROGRAMMATIC_ACCESS_TOKEN":
            if user is None or not _among(token, user.tokens):
                raise RefusedError("394400", "Programmatic access token is invalid.")
        case "OAUTH":
            if user is None or not _among(token, user.oauth):
                raise RefusedError("390303", "Invalid OAuth access token. ")
        case _:
            password = str(data.get("PASSWORD") or "")
            if user is None or not user.password or not _among(password, [user.password]):
                raise RefusedError("390100", "Incorrect username or password was specified.")
    return user


def _among(given: str, known: list[str]) -> bool:
    return any(secrets.compare_digest(given.encode(), one.encode()) for one in known)


def _by_key(users: dict[str, User], name: str, token: str) -> User:
    """Verify a JWT: signature, account, user, fingerprint and times. What is wrong is told by its identifier only."""
    refused = RefusedError("390144", f"JWT token is invalid. [{secrets.token_hex(16)}]")
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
        account, issuer, fingerprint = str(claims["iss"]).split(".", 2)
        user = users[issuer]
        key = next(key for key in map(_public_key, user.keys) if _fingerprint(key) == fingerprint)
        jwt.decode(token, key, algorithms=["RS256"], leeway=30)
        whose = (account, claims["sub"], issuer)
        timely = claims["exp"] - claims["iat"] <= LONGEST_JWT and claims["iat"] <= time.time() + 60
    except (jwt.InvalidTokenError, KeyError, StopIteration, ValueError) as error:
        raise refused from error
    if whose != (ACCOUNT, f"{ACCOUNT}.{issuer}", name or issuer) or not timely:
        raise refused
    return user


def _public_key(body: str) -> Any:
    return serialization.load_der_public_key(base64.b64decode(body))


def _fingerprint(key: Any) -> str:
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return "SHA256:" + base64.b64encode(hashlib.sha256(key.public_bytes(*form)).digest()).decode()
