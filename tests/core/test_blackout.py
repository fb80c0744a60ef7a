"""Secrets that were read once are in no error's text afterwards, in whatever form a server repeats them."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from core.errors import WarehouseError
from core.keys import inspect
from core.redaction import remember_public, remember_secret, without_secrets

SECRET = 'blackout-test/é"key\\ 41'


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        repr(SECRET)[1:-1],
        json.dumps(SECRET)[1:-1],
        quote(SECRET),
        quote(SECRET, safe=""),
        base64.b64encode(SECRET.encode()).decode(),
        base64.b64encode(SECRET.encode() + b":").decode(),
    ],
)
def test_a_known_secret_is_taken_out_of_an_error_in_each_form(form: str) -> None:
    remember_secret(SECRET)
    error = WarehouseError(f"no login with {form}", remedy=f"not {form}", where=f"host {form}")
    for text in (str(error), error.message, error.remedy, error.where, *map(str, error.args)):
        assert form not in text
        assert "••••••" in text


LONG = "tok-Zq9W3hX7pL2mR8vT5k"


@pytest.mark.parametrize(
    "shown",
    [
        "…" + LONG[6:],
        LONG[:17] + "…",
        LONG[:9] + "=\r\n" + LONG[9:],
        LONG[:9] + "=\n" + LONG[9:],
        "\u200b".join(LONG),
        "\u00ad".join(LONG),
        LONG[:12] + "\u2060" + LONG[12:],
    ],
)
def test_a_part_of_a_secret_and_one_with_unseen_characters_in_it_is_taken_out(shown: str) -> None:
    remember_secret(LONG)
    said = without_secrets(f"no login with <{shown}>, sorry")
    assert LONG[9:14] not in said.replace("\u200b", "").replace("\u00ad", "").replace("\u2060", "")
    assert said.endswith(">, sorry")


def test_other_words_stay_as_they_are() -> None:
    remember_secret(SECRET)
    assert without_secrets("blackout-test, and a key") == "blackout-test, and a key"


def test_a_short_password_that_is_no_word_is_looked_for() -> None:
    remember_secret("hunter2")
    assert without_secrets("no login with hunter2 as ann") == "no login with •••••• as ann"


def test_what_is_too_short_to_be_told_from_a_word_is_not_looked_for() -> None:
    remember_secret("user")
    assert without_secrets("the user of the table") == "the user of the table"


def test_the_public_half_of_a_key_is_shown_and_its_private_numbers_are_not() -> None:
    """A PKCS#1 text has whole lines of its public key; the statement that registers that one has to be whole."""
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    ).decode()
    remember_secret(pem)
    lines = pem.splitlines()[1:-1]
    public = base64.b64encode(
        key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    ).decode()
    shared = [line for line in lines if line in public]
    assert len(shared) >= 3
    found = inspect(pem)
    assert found.public_key == public
    assert without_secrets(f"SET RSA_PUBLIC_KEY='{public}';") == f"SET RSA_PUBLIC_KEY='{public}';"
    assert WarehouseError("no", remedy=f"register '{public}'").remedy == f"register '{public}'"
    for line in lines:
        if line not in shared:
            assert without_secrets(f"it says {line} here") == "it says •••••• here"
    assert without_secrets(f"a server repeats {pem}") == "a server repeats ••••••"
    assert without_secrets(json.dumps({"key": pem})) == '{"key": "••••••"}'


def test_a_short_secret_is_blacked_out_even_where_a_public_key_holds_its_letters() -> None:
    remember_public("MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AZq7secretw0rdMIIBCgKCAQEA")
    remember_secret("Zq7secretw0rd")
    assert without_secrets("no login with Zq7secretw0rd") == "no login with ••••••"
