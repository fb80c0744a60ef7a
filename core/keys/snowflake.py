"""The SQL that registers a public key with a Snowflake user, checks it, and changes to a new one without a gap.

Facts: docs.snowflake.com, "Key-pair authentication and key-pair rotation" (RSA_PUBLIC_KEY, RSA_PUBLIC_KEY_2, DESC USER with
RSA_PUBLIC_KEY_FP and RSA_PUBLIC_KEY_2_FP) and "Identifier requirements" (which names need quotes).
"""

from __future__ import annotations

import re
from typing import Literal

from core.errors import UsageError

__all__ = ["check_statement", "rotation", "statement"]

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
_QUOTED = re.compile(r'"(?:[^"]|"")+"')
_BODY = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}")
_LONGEST_NAME = 255
_RESERVED = frozenset(
    """
    ACCOUNT ALL ALTER AND ANY AS BETWEEN BY CASE CAST CHECK COLUMN CONNECT CONNECTION CONSTRAINT CREATE CROSS CURRENT
    CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER DATABASE DELETE DISTINCT DROP ELSE EXISTS FALSE FOLLOWING FOR
    FROM FULL GRANT GROUP GSCLUSTER HAVING ILIKE IN INCREMENT INNER INSERT INTERSECT INTO IS ISSUE JOIN LATERAL LEFT LIKE
    LOCALTIME LOCALTIMESTAMP MINUS NATURAL NOT NULL OF ON OR ORDER ORGANIZATION QUALIFY REGEXP REVOKE RIGHT RLIKE ROW ROWS
    SAMPLE SCHEMA SELECT SET SOME START TABLE TABLESAMPLE THEN TO TRIGGER TRUE TRY_CAST UNION UNIQUE UPDATE USING VALUES
    VIEW WHEN WHENEVER WHERE WITH
    IF
    """.split()  # noqa: SIM905 -- a hundred words read best as words
)
"""Snowflake's reserved and limited words; IF is none, but ALTER USER IF EXISTS makes it one here."""


def statement(user: str, public_key: str, *, slot: Literal[1, 2] = 1) -> str:
    """Return the statement that registers a public key (its base64 body) with a user, in one of its two slots.

    Raises UsageError for a name that no user can have, or a text that is no public key.
    """
    return f"ALTER USER {_identifier(user)} SET {_property(slot)}='{_body(public_key)}';"


def check_statement(user: str, fingerprint: str, *, slot: Literal[1, 2] = 1) -> str:
    """Return the statements that say whether Snowflake holds this key: TRUE, or FALSE with the fingerprint it does hold."""
    if not re.fullmatch(r"SHA256:[A-Za-z0-9+/]{43}=", fingerprint):
        raise UsageError(
            "That is no fingerprint of a public key.", remedy="It starts with SHA256: and has 44 more characters."
        )
    return (
        f"DESC USER {_identifier(user)};\n"
        f"""SELECT "value" = '{fingerprint}' AS is_registered, "value" AS registered\n"""
        f"""FROM TABLE(RESULT_SCAN(LAST_QUERY_ID())) WHERE "property" = '{_property(slot)}_FP';"""
    )


def rotation(user: str, public_key: str, *, slot: Literal[1, 2] = 2) -> str:
    """Return what changes a user to a new key without a gap: the new one into `slot`, then the old one out of the other.

    Both work until the last statement. Raises UsageError as `statement` does.
    """
    old: Literal[1, 2] = 1 if slot == 2 else 2
    return (
        "-- 1. Register the new key beside the old one: both work.\n"
        f"{statement(user, public_key, slot=slot)}\n"
        "-- 2. Give Backhaul the new private key, and run `backhaul check`.\n"
        "-- 3. Only when that is green, remove the old key.\n"
        f"ALTER USER {_identifier(user)} UNSET {_property(old)};"
    )


def _property(slot: Literal[1, 2]) -> str:
    return "RSA_PUBLIC_KEY" if slot == 1 else "RSA_PUBLIC_KEY_2"


def _identifier(user: str) -> str:
    """Write a user's name as SQL: quoted only where it has to be, so that plain names fold as Snowflake folds them."""
    name = user.strip()
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise UsageError(
            "That is no name of a Snowflake user.",
            remedy=f"Give its name as SHOW USERS prints it: 1 to {_LONGEST_NAME} characters on one line.",
        )
    if _QUOTED.fullmatch(name) or (_PLAIN.fullmatch(name) and name.upper() not in _RESERVED):
        return name
    return '"' + name.replace('"', '""') + '"'


def _body(public_key: str) -> str:
    body = "".join(line for line in public_key.split() if line)
    if not _BODY.fullmatch(body):
        raise UsageError(
            "That is no body of a public key.",
            remedy="Give the base64 between BEGIN PUBLIC KEY and END PUBLIC KEY, without these lines.",
        )
    return body
