"""As whom to ask BigQuery: a service account's file, or what this machine has (application default credentials).

google-auth signs each assertion for Google's own address whatever `token_uri` says (measured), and sends it to
`token_uri`: whoever answers at a foreign one could use it for an hour. So only Google's addresses and this machine's own
(a stand-in) are taken. The rules of application default credentials: https://cloud.google.com/docs/authentication/application-default-credentials
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from core.errors import LoginError, SecretError
from core.keys import NoServiceAccount, ServiceAccount, service_account
from core.model import Secret
from core.redaction import remember_secret
from core.warehouses._network import LOOPBACK

__all__ = ["NAME", "Login", "of_account", "of_this_machine", "read_account", "within"]

NAME = "service_account"
AGAIN = f"Then set it again: `backhaul secret set sources/<name>.{NAME}`."

Login = Literal["service_account", "application_default"]


def of_account(account: ServiceAccount, scopes: Sequence[str]) -> Any:
    """Give credentials of a service account with a fresh token. Raises google.auth's errors."""
    from google.oauth2.service_account import Credentials

    make: Any = Credentials.from_service_account_info
    return _refreshed(make(json.loads(account.text.reveal()), scopes=list(scopes)))


def of_this_machine(scopes: Sequence[str]) -> tuple[Any, str]:
    """Give application default credentials with a fresh token, and whose they are ("" where that is not known)."""
    credentials = _refreshed(_default(scopes))
    email = str(getattr(credentials, "service_account_email", "") or "")
    return credentials, f"serviceAccount:{email}" if "@" in email else ""


def within(credentials: Any) -> Any:
    """Give credentials with the same tokens that ask nothing of Google but these.

    google-auth 2.62 asks iamcredentials.googleapis.com, token in hand, in which locations an account may work (its module
    `_regional_access_boundary_utils`). That is right for Google's own endpoints, and nobody's business for others.
    """
    from google.oauth2.credentials import Credentials

    def refreshed(request: Any, scopes: Any) -> tuple[Any, Any]:
        del scopes
        credentials.refresh(request)
        remember_secret(str(credentials.token))
        return credentials.token, credentials.expiry

    made: Any = Credentials
    return made(token=credentials.token, expiry=credentials.expiry, refresh_handler=refreshed)


def _refreshed(credentials: Any) -> Any:
    from google.auth.transport.requests import Request

    request = Request()
    try:
        credentials.refresh(request)
    finally:
        request.session.close()
    remember_secret(str(credentials.token))
    return credentials


def read_account(secret: Secret) -> ServiceAccount:
    """Check the file field by field. Raises SecretError with what is wrong, LoginError for a foreign token_uri."""
    found = service_account(secret.reveal())
    if isinstance(found, NoServiceAccount):
        raise SecretError(
            f"The secret {NAME} is no service account's file but {found.found}. {found.sentence}",
            remedy=f"{found.remedy} {AGAIN}",
        )
    document = json.loads(found.text.reveal())
    remember_secret(document["private_key"])
    host = urlsplit(document["token_uri"])
    name = host.hostname or ""
    googles = host.scheme == "https" and (name.endswith(".googleapis.com") or name == "accounts.google.com")
    if not googles and name not in LOOPBACK:
        raise LoginError(
            f"The file's token_uri leads to {name or 'no host'}, which is not Google's: it would be sent what is signed with this key.",
            remedy=f"Download the key again in the Google Cloud console, and do not edit it. {AGAIN}",
        )
    return found


def _default(scopes: Sequence[str]) -> Any:
    import google.auth
    from google.auth.exceptions import DefaultCredentialsError

    _check_file()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of a person's own login without a project that pays
            credentials, _ = google.auth.default(scopes=list(scopes))
    except DefaultCredentialsError as error:
        named = os.environ.get("GOOGLE_APPLICATION_CREDENTIALS", "")
        happened = (
            f"GOOGLE_APPLICATION_CREDENTIALS names {named!r}, which cannot be used: {str(error).splitlines()[0]}"
            if named
            else "This machine has no application default credentials."
        )
        raise LoginError(
            happened,
            remedy="Run `gcloud auth application-default login` as the user that Backhaul runs as, or set "
            "GOOGLE_APPLICATION_CREDENTIALS to the path of a credentials file (also one of workload identity) where "
            'Backhaul and its daemon run, or set login = "service_account".',
        ) from error
    return credentials


def _check_file() -> None:
    """Check a service account's file that this machine has as the secret would be checked: its token_uri above all."""
    try:
        text = Path(os.environ.get("GOOGLE_APPLICATION_CREDENTIALS", "")).read_text("utf-8")
        document = json.loads(text)
    except (OSError, ValueError, RecursionError):
        return  # google-auth says what is wrong
    if isinstance(document, dict) and document.get("type") == "service_account":
        try:
            read_account(Secret(text))
        except (SecretError, LoginError) as error:
            named = os.environ["GOOGLE_APPLICATION_CREDENTIALS"]
            remedy = error.remedy.replace(AGAIN, "Then put it there again.")
            raise LoginError(error.message.replace(f"The secret {NAME}", "It"), where=named, remedy=remedy) from None
