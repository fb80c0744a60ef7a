"""What an inspection of a key text says: its kind, a verdict, and words for a person."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from core.model import Secret

__all__ = ["Inspection", "Kind", "Verdict"]


class Kind(enum.StrEnum):
    """What a text is. For keys it is the form of the container; which algorithm is in it stands beside it.

    `SEVERAL`, `TRUNCATED`, `EMPTY` and `UNKNOWN` are texts in which no single key was found.
    """

    PKCS8 = "pkcs8"
    ENCRYPTED_PKCS8 = "encrypted-pkcs8"
    PKCS1 = "pkcs1"
    SEC1 = "sec1"
    DSA = "dsa"
    LEGACY_ENCRYPTED = "legacy-encrypted"
    OPENSSH = "openssh"
    ENCRYPTED_OPENSSH = "encrypted-openssh"
    PUTTY = "putty"
    PKCS12 = "pkcs12"
    SERVICE_ACCOUNT = "service-account"
    PUBLIC_KEY = "public-key"
    CERTIFICATE = "certificate"
    REQUEST = "csr"
    PGP = "pgp"
    SEVERAL = "several"
    TRUNCATED = "truncated"
    EMPTY = "empty"
    UNKNOWN = "unknown"


class Verdict(enum.StrEnum):
    """Whether a key fits what Snowflake needs: as it is, once fixed in memory, with its passphrase, or not at all."""

    FITS = "fits"
    FIXED = "mended"
    NEEDS_PASSPHRASE = "needs-passphrase"  # noqa: S105 -- the name of a verdict
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What a text is, whether it fits, and what to do. Nothing of the key stands in any field but `key`.

    `found` is a short name; `sentence` says what it is and what that means; `remedy` what to do next; `fixes` what was done
    in memory, a sentence each. `algorithm` is "" and `bits` None where they are not known. `key` is the unencrypted PKCS#8
    PEM, `public_key` the base64 body of the public one on one line, `fingerprint` its "SHA256:…" as Snowflake shows it: all
    three where the verdict is fits or fixed. `command` does the same to a file in a shell; "" where nothing needs doing.
    """

    found: str
    kind: Kind
    verdict: Verdict
    sentence: str
    remedy: str
    fixes: tuple[str, ...] = ()
    algorithm: str = ""
    bits: int | None = None
    key: Secret | None = field(default=None, compare=False)
    public_key: str = ""
    fingerprint: str = ""
    command: str = ""
