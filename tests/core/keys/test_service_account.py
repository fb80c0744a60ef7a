"""The second table: what people give for a Google service account's file, and what Backhaul says of it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest

from core import keys
from core.keys import NoServiceAccount, ServiceAccount
from tests.core.keys.made import EMAIL, PROJECT, Made, made


def changed(**fields: object) -> Callable[[Made], str]:
    return lambda m: json.dumps(m.account(**fields))


# fmt: off
FITTING = [
    # what it is; the text; the warning
    ("as Google wrote it", changed(), ""),
    ("without universe_domain, as it was until 2023", changed(universe_domain=None), ""),
    ("with the older token_uri", changed(token_uri="https://accounts.google.com/o/oauth2/token"), ""),
    ("with fields that nobody knows", changed(comment="ours"), ""),
    ("with Windows line ends", lambda m: m.service_account.replace("\n", "\r\n"), ""),
    ("with a byte order mark", lambda m: "\ufeff" + m.service_account, ""),
    ("in UTF-16", lambda m: m.service_account.encode("utf-16"), ""),
    ("in base64", lambda m: base64.b64encode(m.service_account.encode()), ""),
    ("a project of a domain", changed(project_id="example.com:acme-analytics"), ""),
    ("with the account of a domain's project", changed(client_email="b@acme.example.com.iam.gserviceaccount.com"), ""),
    ("with another token_uri", changed(token_uri="https://evil.example/token"), "token_uri is not Google's, but at evil.example: it would be sent what is signed with this key. Use the file only where you know why."),
    ("with a token_uri without TLS", changed(token_uri="http://oauth2.googleapis.com/token"), "token_uri is not Google's, but at a place that is not shown: it would be sent what is signed with this key. Use the file only where you know why."),
    ("with a token_uri that only looks like Google's", changed(token_uri="https://oauth2.googleapis.com.evil.example/token"), "token_uri is not Google's, but at oauth2.googleapis.com.evil.example: it would be sent what is signed with this key. Use the file only where you know why."),
    ("of a sovereign cloud", changed(universe_domain="example-cloud.eu", token_uri="https://oauth2.example-cloud.eu/token"), "universe_domain is example-cloud.eu, not Google's public cloud."),
    ("with a key without its last line end", lambda m: json.dumps(m.account(private_key=m.pkcs8.rstrip())), "private_key was changed since Google wrote it; it still works."),
]

FAULTY = [
    # what is wrong; the text; the one fault
    ("no project_id", changed(project_id=None), "project_id is missing."),
    ("an empty project_id", changed(project_id=" "), "project_id is empty or no text."),
    ("a project's name instead of its id", changed(project_id="Acme Analytics"), "project_id is not the id of a Google Cloud project."),
    ("no private_key_id", changed(private_key_id=None), "private_key_id is missing."),
    ("a private_key_id that is none", changed(private_key_id="<your key id>"), "private_key_id is not an id as Google gives it."),
    ("no private_key", changed(private_key=None), "private_key is missing."),
    ("a private_key that is a number", changed(private_key=5), "private_key is empty or no text."),
    ("a private_key that was taken out", changed(private_key="REDACTED"), "private_key does not fit: There is no private key in this text that Backhaul knows."),
    ("a private_key that is cut off", lambda m: json.dumps(m.account(private_key=m.pkcs8[:800])), "private_key does not fit: The key ends too early: a part of it is missing. It holds 570 of {size} bytes."),
    ("a public key as private_key", lambda m: json.dumps(m.account(private_key=m.public)), "private_key does not fit: This is the public half of a pair. Snowflake is given that one; to log in, Backhaul needs the private half."),
    ("no client_email", changed(client_email=None), "client_email is missing."),
    ("a person's e-mail", changed(client_email="ann@example.com"), "client_email is not the e-mail address of a service account."),
    ("no token_uri", changed(token_uri=None), "token_uri is missing."),
    ("a token_uri that is none", changed(token_uri="oauth2"), "token_uri is not an address."),
    ("a universe_domain that is none", changed(universe_domain="the moon"), "universe_domain is not a domain such as googleapis.com."),
    ("no type", changed(type=None), 'type is missing or is not "service_account".'),
    ("another type beside the right fields", changed(type="Service Account"), 'type is missing or is not "service_account".'),
]

OTHERS = [
    # what it is; the text; what Backhaul calls it; what it says
    ("an OAuth client of an installed program", lambda m: '{"installed": {"client_id": "x"}}', "an OAuth client (JSON)", "It lets a program ask a person to log in; it cannot log in by itself."),
    ("an OAuth client of a web site", lambda m: '{"web": {"client_id": "x"}}', "an OAuth client (JSON)", "It lets a program ask a person to log in; it cannot log in by itself."),
    ("gcloud's own login", lambda m: '{"type": "authorized_user", "refresh_token": "1//x"}', "a person's own login (authorized_user)", "It is what `gcloud auth application-default login` wrote, and acts as that person. Backhaul runs when nobody is there."),
    ("workload identity", lambda m: '{"type": "external_account", "audience": "//iam"}', "a federated login (external_account)", "It does not contain a key: it says where this host gets a token from, such as workload identity."),
    ("impersonation", lambda m: '{"type": "impersonated_service_account"}', "a federated login (impersonated_service_account)", "It does not contain a key: it says where this host gets a token from, such as workload identity."),
    ("a JSON Web Key", lambda m: '{"kty": "RSA", "n": "x"}', "a JSON Web Key", "It is a key of another system."),
    ("another JSON", lambda m: '{"a": 1}', "a JSON file of another kind", "It has none of the fields of a service account."),
    ("an API key", lambda m: "AIza" + "a1B" * 11 + "cd", "an API key", "An API key names a project; it opens no BigQuery tables."),
    ("an access token", lambda m: "ya29." + "a0Ab" * 20, "an access token", "It works for an hour. Backhaul needs what tokens are made from."),
    ("the private key alone", lambda m: m.pkcs8, "a private key alone", "The rest of the file is missing: project, e-mail address, where to log in."),
    ("YAML", lambda m: f"type: service_account\nproject_id: {PROJECT}\n", "YAML", "It has the right fields in another form; Google's libraries read JSON."),
    ("a file that is cut off", lambda m: m.service_account[:200], "JSON that is damaged", "The file is not whole, or was changed. It is understood up to line {line}, column {column}."),
    ("a comma too many", lambda m: '{\n"type": "service_account",\n}', "JSON that is damaged", "The file is not whole, or was changed. It is understood up to line 3, column 1."),
    ("a list", lambda m: "[]", "no JSON", "A service account's file begins with { and is JSON."),
    ("a sentence", lambda m: "ask Ann", "no JSON", "A service account's file begins with {{ and is JSON."),
    ("a picture", lambda m: b"\x89PNG" + bytes(200), "no JSON", "A service account's file begins with {{ and is JSON."),
    ("nothing", lambda m: "", "nothing", "There is no text."),
]
# fmt: on


@pytest.mark.parametrize(("text", "warning"), [row[1:] for row in FITTING], ids=[row[0] for row in FITTING])
def test_a_service_accounts_file_is_taken_whole(text: Callable[[Made], str | bytes], warning: str) -> None:
    found = keys.service_account(text(made()))
    assert isinstance(found, ServiceAccount), found
    document = json.loads(found.text.reveal())
    assert (found.project, found.email) == (document["project_id"], document["client_email"])
    assert found.warnings == ((warning,) if warning else ())
    assert made().tells(repr(found)) == ""


@pytest.mark.parametrize(("text", "fault"), [row[1:] for row in FAULTY], ids=[row[0] for row in FAULTY])
def test_each_missing_or_wrong_field_has_its_own_sentence(text: Callable[[Made], str | bytes], fault: str) -> None:
    found = keys.service_account(text(made()))
    assert isinstance(found, NoServiceAccount)
    assert found.faults == (fault.format(size=f"{len(made().pkcs8_der):,}"),)
    assert found.sentence.endswith(found.faults[0])
    assert "Google Cloud console" in found.remedy
    assert made().tells(repr(found)) == ""


@pytest.mark.parametrize(("text", "name", "sentence"), [row[1:] for row in OTHERS], ids=[row[0] for row in OTHERS])
def test_other_files_are_told_apart(text: Callable[[Made], str | bytes], name: str, sentence: str) -> None:
    found = keys.service_account(text(made()))
    assert isinstance(found, NoServiceAccount)
    assert found.found == name
    if "{line}" in sentence:
        assert found.sentence.startswith(sentence.partition("{line}")[0])
    else:
        assert found.sentence == sentence.replace("{{", "{")
    assert found.remedy
    assert made().tells(repr(found)) == ""


def test_all_wrong_fields_are_told_at_once() -> None:
    found = keys.service_account(changed(project_id=None, client_email=None)(made()))
    assert isinstance(found, NoServiceAccount)
    assert found.faults == ("project_id is missing.", "client_email is missing.")


def test_a_service_account_shows_its_project_and_e_mail_but_never_its_text() -> None:
    found = keys.service_account(made().service_account)
    assert isinstance(found, ServiceAccount)
    assert (found.project, found.email) == (PROJECT, EMAIL)
    assert "private_key" not in repr(found)
