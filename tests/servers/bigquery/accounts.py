"""Who may log in, with what, and what is told to who may not: verified here, not believed.

The assertion that is verified: https://developers.google.com/identity/protocols/oauth2/service-account#jwt-auth
Texts are those that Google's endpoint gives, as drivers' trackers quote them; the tests hold a link beside each.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

import jwt

GOOGLE = "https://oauth2.googleapis.com/token"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LONGEST = 3600
TOKEN_SECONDS = 3600


@dataclass
class Account:
    """A service account: its keys by id, and what it sees; with `answer` what its login is told whatever it sends.

    `clock` is how many seconds Google's clock is ahead of this machine's. `datasets` are those that it may look at and read.
    `permissions` are those on a table that testIamPermissions finds. `answers` gives errors for jobs by a text in their query
    ("" for every job): {"reason", "message", "status"}, with "late" those of a job that was taken and failed. `routines` are
    functions by "dataset.name", with what routines.get tells of them; each is UPPER by another name. `bytes_processed` is what each
    query of a table reads, and `accuracy` what a dry run says of that number.
    """

    keys: dict[str, str] = field(default_factory=dict)
    datasets: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    permissions: list[str] = field(default_factory=lambda: ["bigquery.tables.getData"])
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    answer: dict[str, str] | None = None
    clock: float = 0.0
    bytes_processed: int = 0
    accuracy: str = "PRECISE"
    routines: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass
class RefusedError(Exception):
    """A login that is refused, as RFC 6749 says it."""

    error: str
    description: str


class Tokens:
    """The tokens that were given."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, float]] = {}

    def give(self, accounts: dict[str, Account], form: dict[str, str], address: str) -> dict[str, Any]:
        """Return a token for an assertion. Raises RefusedError."""
        email = verify(accounts, form, address)
        token = "ya29." + secrets.token_urlsafe(32)
        self._known[token] = (email, time.time() + TOKEN_SECONDS)
        return {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS}

    def whose(self, header: str) -> str | None:
        """Return the account that a request's header proves."""
        email, until = self._known.get(header.removeprefix("Bearer "), ("", 0.0))
        return email if email and time.time() < until else None


def verify(accounts: dict[str, Account], form: dict[str, str], address: str) -> str:
    """Verify an assertion: issuer, signature, audience and times. Google's address is the audience that its driver signs."""
    if form.get("grant_type") != JWT_BEARER:
        raise RefusedError("unsupported_grant_type", "Invalid grant_type: " + form.get("grant_type", ""))
    assertion = form.get("assertion", "")
    try:
        claims = jwt.decode(assertion, options={"verify_signature": False})
        key_id = jwt.get_unverified_header(assertion).get("kid", "")
    except jwt.InvalidTokenError as error:
        raise RefusedError("invalid_grant", "Invalid JWT.") from error
    account = accounts.get(str(claims.get("iss")))
    if account is None:
        raise RefusedError("invalid_grant", "Invalid grant: account not found")
    if account.answer is not None:
        raise RefusedError(account.answer["error"], account.answer["description"])
    now = time.time() + account.clock
    if not (claims["iat"] - 300 <= now <= claims["exp"] and claims["exp"] - claims["iat"] <= LONGEST):
        raise RefusedError(
            "invalid_grant",
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
            "Check your iat and exp values in the JWT claim.",
        )
    try:
        options = {"verify_exp": False, "verify_iat": False}
        jwt.decode(assertion, account.keys[key_id], algorithms=["RS256"], audience=[GOOGLE, address], options=options)
    except (jwt.InvalidTokenError, KeyError) as error:
        raise RefusedError("invalid_grant", "Invalid JWT Signature.") from error
    if not claims.get("scope"):
        raise RefusedError("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
    return str(claims["iss"])
