"""The set-up script for Redshift: a user who may read the chosen schemas, and nothing else.

The password never stands in it: Redshift takes `md5` and the MD5 digest of password and user name instead
(https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_USER.html), which `verifier_of` makes. A digest of a random password tells
nothing.
"""

from __future__ import annotations

import hashlib

from core.model import Secret
from core.quoting.sql import identifier, literal
from core.warehouses.base import SetupNames
from core.warehouses.postgres.setup import CONNECTIONS, grants

__all__ = ["script", "verifier_of"]


def script(names: SetupNames) -> str:
    """Give the script."""
    user = identifier(names.user)
    password = literal(names.verifier) if names.verifier else "DISABLE"
    lines = [
        "-- Backhaul on Redshift: a user who reads, and nothing else. Run it in the database that is to be read, as an administrator.",
        f"CREATE USER {user} PASSWORD {password} NOCREATEDB NOCREATEUSER CONNECTION LIMIT {CONNECTIONS} SESSION TIMEOUT 3600;",
        f"ALTER USER {user} SET statement_timeout TO 3600000;",
        f"ALTER USER {user} SET enable_case_sensitive_identifier TO true;",
    ]
    lines += grants(names)
    if not names.verifier:
        lines += [
            "-- the password, which the log of the cluster does not keep:",
            f"-- ALTER USER {user} PASSWORD 'md5...';",
        ]
    return "\n".join(lines) + "\n"


def verifier_of(password: Secret, user: str) -> str:
    """Give what Redshift keeps of a password; `user` as Redshift spells it, in lower case unless it is quoted."""
    return "md5" + hashlib.md5((password.reveal() + user).encode(), usedforsecurity=False).hexdigest()
