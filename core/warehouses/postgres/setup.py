"""The set-up script for Postgres: a role that may log in and read the chosen schemas, and nothing else.

The password never stands in it. Postgres takes the verifier that it would keep anyhow (SCRAM-SHA-256, RFC 5803,
https://www.postgresql.org/docs/current/auth-password.html), from which nobody gets the password back; `verifier_of` makes
one. Without it, the script ends with psql's own question for a password.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets as randomness
import unicodedata

from core.model import Secret
from core.quoting.sql import identifier, literal
from core.warehouses.base import SetupNames

__all__ = ["CONNECTIONS", "grants", "script", "verifier_of"]

ITERATIONS = 4096
CONNECTIONS = 5
LEDGER = "__backhaul"


def script(names: SetupNames) -> str:
    """Give the script."""
    user = identifier(names.user)
    database = identifier(names.database) if names.database else ""
    password = f" PASSWORD {literal(names.verifier)}" if names.verifier else ""
    lines = [
        "-- Backhaul on Postgres: a role that reads, and nothing else. Run it in the database that is to be read,",
        "-- as the owner of its tables: psql -f this-file. Better on a read replica's primary, so that queries run on the replica.",
        f"CREATE ROLE {user} LOGIN{password} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION CONNECTION LIMIT {CONNECTIONS};",
        f"ALTER ROLE {user} SET default_transaction_read_only = on;",
        f"ALTER ROLE {user} SET statement_timeout = '1h';",
        f"ALTER ROLE {user} SET idle_in_transaction_session_timeout = '1h';",
    ]
    if database:
        lines.append(f"GRANT CONNECT ON DATABASE {database} TO {user};")
    lines += grants(names)
    if not names.verifier:
        lines += ["-- psql asks for the password, and sends only its verifier:", f"\\password {user}"]
    return "\n".join(lines) + "\n"


def grants(names: SetupNames) -> list[str]:
    """Give the statements that let the user read the chosen schemas, and write the ledger where one is asked for."""
    user, lines = identifier(names.user), []
    for schema in map(identifier, names.schemas or ("public",)):
        lines += [
            f"GRANT USAGE ON SCHEMA {schema} TO {user};",
            f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {user};",
            "-- tables that are made later, by whoever runs this:",
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT ON TABLES TO {user};",
        ]
    if names.ledger:
        lines += [
            "-- the ledger in the warehouse: the one schema that may be written",
            f"CREATE SCHEMA {LEDGER} AUTHORIZATION {user};",
        ]
    return lines


def verifier_of(password: Secret, salt: bytes | None = None) -> str:
    """Give the SCRAM-SHA-256 verifier of a password."""
    salt = salt or randomness.token_bytes(16)
    text = unicodedata.normalize("NFKC", password.reveal()).encode()
    salted = hashlib.pbkdf2_hmac("sha256", text, salt, ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    encoded = [base64.b64encode(part).decode() for part in (salt, stored, server)]
    return f"SCRAM-SHA-256${ITERATIONS}:{encoded[0]}${encoded[1]}:{encoded[2]}"
