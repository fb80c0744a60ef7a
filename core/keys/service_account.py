"""A Google service account's file, checked field by field; files that people take for one are told apart.

Facts: cloud.google.com/iam/docs/keys-create-delete (the fields), google.aip.dev/auth/4112 (what is done with them), AIP-4117
(external accounts), developers.google.com/identity/protocols/oauth2 (OAuth clients, the assertion sent to `token_uri`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.keys.inspecting import inspect
from core.keys.pem import bytes_of_base64
from core.keys.recognise import MOST_BYTES
from core.keys.text import decoded
from core.keys.values import Verdict
from core.model import Secret

__all__ = ["NoServiceAccount", "ServiceAccount", "service_account"]

_GOOGLE = "googleapis.com"
_TOKEN_URIS = {
    "https://oauth2.googleapis.com/token",
    "https://accounts.google.com/o/oauth2/token",
    "https://www.googleapis.com/oauth2/v4/token",
}
_PROJECT = re.compile(r"(?:[a-z0-9.-]{1,60}\.[a-z]{2,20}:)?[a-z][a-z0-9-]{4,28}[a-z0-9]")
_EMAIL = re.compile(r"[a-z0-9][a-z0-9._-]{0,80}@(?:[a-z0-9-]{1,63}\.){1,6}gserviceaccount\.com")
_HOST = re.compile(r"https://([a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,6})(?::\d{1,5})?/[\w./-]{0,200}")
_DOMAIN = re.compile(r"[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,6}")
_CREATE = (
    "In the Google Cloud console: IAM & Admin, Service Accounts, the account, Keys, Add key, Create new key, JSON. "
    "Give that file whole."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAccount:
    """A file that fits: its whole text, for the keyring, and what may be shown. `warnings` are worth a look before it is used."""

    text: Secret
    project: str
    email: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoServiceAccount:
    """A text that does not fit: what it is, what that means, what to do; `faults` has a sentence for each wrong field."""

    found: str
    sentence: str
    remedy: str
    faults: tuple[str, ...] = ()


def service_account(text: bytes | str) -> ServiceAccount | NoServiceAccount:
    """Check a service account's file. Never raises, and repeats nothing but a project and an e-mail address that are ones."""
    if len(text) > MOST_BYTES:
        return _no("a very large text", "It has more than 1,000,000 bytes: that is no service account's file.")
    plain = (decoded(text)[0] if isinstance(text, bytes) else text).lstrip("\ufeff").strip()
    document = _document(plain)
    if document is None and (inner := _out_of_base64(plain)):
        plain, document = inner, _document(inner)
    if document is None:
        return _no_json(plain)
    if document.get("type") != "service_account" and (other := _other_file(document)):
        return other
    faults = tuple(fault for field, check in _FIELDS.items() if (fault := check(field, document.get(field))))
    if faults:
        return NoServiceAccount(
            found="a service account's file that is not whole",
            sentence="The file is not as Google made it: " + " ".join(faults),
            remedy=_CREATE,
            faults=faults,
        )
    return ServiceAccount(
        text=Secret(plain), project=document["project_id"], email=document["client_email"], warnings=_warnings(document)
    )


def _document(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _out_of_base64(text: str) -> str:
    """Take base64 off a file, as it often stands in an environment variable; "" where it is none of it."""
    body = "".join(text.split()).strip("\"'")
    if not re.fullmatch(r"e[A-Za-z0-9+/]+={0,2}", body):
        return ""
    inner = decoded(bytes_of_base64(body))[0].strip()
    return inner if inner.startswith("{") else ""


def _type(_field: str, value: object) -> str:
    return "" if value == "service_account" else 'type is missing or is not "service_account".'


def _text(field: str, value: object, pattern: re.Pattern[str] | None, what: str) -> str:
    if value is None:
        return f"{field} is missing."
    if not isinstance(value, str) or not value.strip():
        return f"{field} is empty or no text."
    return "" if pattern is None or pattern.fullmatch(value) else f"{field} is not {what}."


def _private_key(field: str, value: object) -> str:
    fault = _text(field, value, None, "")
    if fault or not isinstance(value, str):
        return fault
    seen = inspect(value)
    return "" if seen.verdict in {Verdict.FITS, Verdict.FIXED} else f"{field} does not fit: {seen.sentence}"


def _token_uri(field: str, value: object) -> str:
    return _text(field, value, re.compile(r"https?://\S+"), "an address")


def _universe(field: str, value: object) -> str:
    return "" if value is None else _text(field, value, _DOMAIN, "a domain such as googleapis.com")


_FIELDS: Mapping[str, Callable[[str, object], str]] = {
    "type": _type,
    "project_id": lambda field, value: _text(field, value, _PROJECT, "the id of a Google Cloud project"),
    "private_key_id": lambda field, value: _text(
        field, value, re.compile(r"[0-9A-Za-z_-]{8,128}"), "an id as Google gives it"
    ),
    "private_key": _private_key,
    "client_email": lambda field, value: _text(field, value, _EMAIL, "the e-mail address of a service account"),
    "token_uri": _token_uri,
    "universe_domain": _universe,
}


def _warnings(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Warn of places that are not Google's: whoever answers there is sent an assertion signed with this key."""
    found = []
    universe = document.get("universe_domain") or _GOOGLE
    if document["token_uri"] not in {*_TOKEN_URIS, f"https://oauth2.{universe}/token"}:
        host = _HOST.fullmatch(document["token_uri"])
        place = host[1] if host else "a place that is not shown"
        found.append(
            f"token_uri is not Google's, but at {place}: it would be sent what is signed with this key. "
            "Use the file only where you know why."
        )
    if universe != _GOOGLE:
        found.append(f"universe_domain is {universe}, not Google's public cloud.")
    if document["private_key"] != document["private_key"].strip() + "\n":
        found.append("private_key was changed since Google wrote it; it still works.")
    return tuple(found)


def _other_file(document: Mapping[str, Any]) -> NoServiceAccount | None:
    """Tell apart the other JSON files that Google's tools write; None where it looks like a service account's after all."""
    kind = document.get("type")
    if isinstance(document.get("installed"), dict) or isinstance(document.get("web"), dict):
        return _no("an OAuth client (JSON)", "It lets a program ask a person to log in; it cannot log in by itself.")
    if kind == "authorized_user":
        return _no(
            "a person's own login (authorized_user)",
            "It is what `gcloud auth application-default login` wrote, and acts as that person. Backhaul runs when nobody is there.",
        )
    if kind in {"external_account", "external_account_authorized_user", "impersonated_service_account"}:
        return NoServiceAccount(
            found=f"a federated login ({kind})",
            sentence="It does not contain a key: it says where this host gets a token from, such as workload identity.",
            remedy="Use application default credentials: set GOOGLE_APPLICATION_CREDENTIALS to the path of this file where "
            "Backhaul runs, and keep no key for this source.",
        )
    if {"private_key", "client_email", "project_id"} & set(document):
        return None
    if "kty" in document or isinstance(document.get("keys"), list):
        return _no("a JSON Web Key", "It is a key of another system.")
    return _no("a JSON file of another kind", "It has none of the fields of a service account.")


def _no_json(text: str) -> NoServiceAccount:
    """Explain a text that is no JSON object."""
    if not text:
        return _no("nothing", "There is no text.")
    if re.fullmatch(r"AIza[0-9A-Za-z_-]{30,45}", text):
        return _no("an API key", "An API key names a project; it opens no BigQuery tables.")
    if re.fullmatch(r"ya29\.[\w.-]{10,4000}", text):
        return _no("an access token", "It works for an hour. Backhaul needs what tokens are made from.")
    if inspect(text).algorithm or "PRIVATE KEY-----" in text[:60]:
        return _no("a private key alone", "The rest of the file is missing: project, e-mail address, where to log in.")
    if re.search(
        r"^[ \t]{0,20}[\"']?type[\"']?[ \t]{0,20}:[ \t]{0,20}[\"']?service_account", text[:20_000], re.MULTILINE
    ):
        if text.startswith("{"):
            return _broken_json(text)
        return _no("YAML", "It has the right fields in another form; Google's libraries read JSON.")
    if text.startswith("{"):
        return _broken_json(text)
    return _no("no JSON", "A service account's file begins with { and is JSON.")


def _broken_json(text: str) -> NoServiceAccount:
    """Say where JSON breaks off; the parser's own error holds the text, so only its place is taken."""
    place = ""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        place = f" It is understood up to line {error.lineno:,}, column {error.colno:,}."
    except (ValueError, RecursionError):
        place = ""
    return _no("JSON that is damaged", f"The file is not whole, or was changed.{place}")


def _no(found: str, sentence: str) -> NoServiceAccount:
    return NoServiceAccount(found=found, sentence=sentence, remedy=_CREATE)
