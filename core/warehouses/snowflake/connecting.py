"""Snowflake's errors of logging in, in our words: which step of `check` each belongs to, what happened, what to do.

Each entry of `TROUBLES` knows one by Snowflake's code, or by its wording where a code is shared or none comes (what the
driver's network says). The order counts: a second factor, a blocked address or a role that is missing are told before
wrong credentials, since Snowflake wraps several of them into one code, 250001.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from core.errors import LoginError, UnreachableError, WarehouseError
from core.warehouses.snowflake.connection import SnowflakeSettings, quoted_name

__all__ = ["TROUBLES", "Trouble", "connecting_trouble"]

ADMINISTRATOR = "Let an administrator run: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One kind of failure: how it is known, the step that it belongs to, what happened, what to do."""

    step: str
    codes: frozenset[int] = frozenset()
    wording: str = "(?!)"
    make: Callable[..., WarehouseError] = LoginError
    message: str
    remedy: str


TROUBLES: tuple[Trouble, ...] = (
    Trouble(
        step="login",
        codes=frozenset({390127, 394507, 394508, 394509, 394511}),
        wording=r"(?i)\bMFA\b|multi-?factor|\bDuo\b|\bTOTP\b|passcode",
        message="Snowflake asks {user} for a second factor, which cannot be entered while a sync runs. The password may well be right.",
        remedy='Log in with a key instead: login = "key" in the source\'s file, and let an administrator run: '
        "ALTER USER {user} SET RSA_PUBLIC_KEY = '...'; Best is a user of its own, made with TYPE = SERVICE: it needs no second factor.",
    ),
    Trouble(
        step="login",
        codes=frozenset({390422}),
        wording=r"IP(?:/Token)? \S+ is not allowed to access Snowflake|IP \S+ is not allowed",
        message="A network policy of the account or of {user} keeps this machine out: {address} is not on its list.",
        remedy=ADMINISTRATOR + "CREATE NETWORK RULE backhaul TYPE = IPV4 MODE = INGRESS VALUE_LIST = ('{address}'); "
        "ALTER NETWORK POLICY <policy> ADD ALLOWED_NETWORK_RULE_LIST = ('BACKHAUL'); (SHOW NETWORK POLICIES lists them)",
    ),
    Trouble(
        step="login",
        codes=frozenset({390432}),
        wording=r"Network policy is required",
        message="Snowflake takes a programmatic access token only from a user whom a network policy covers, and none covers {user}.",
        remedy=ADMINISTRATOR + "CREATE NETWORK POLICY backhaul ALLOWED_IP_LIST = ('<this machine's address>'); "
        "ALTER USER {user} SET NETWORK_POLICY = backhaul; or log in with a key.",
    ),
    Trouble(
        step="role",
        codes=frozenset({390186, 390189}),
        wording=r"Role '.*' specified in the connect string|role .* is not granted",
        message="There is no role {role}, or it is not granted to {user}.",
        remedy="Check `role` in the source's file. " + ADMINISTRATOR + "GRANT ROLE {role} TO USER {user};",
    ),
    Trouble(
        step="login",
        codes=frozenset({390102}),
        wording=r"temporarily locked",
        message="Snowflake has locked {user} for some minutes, after too many attempts to log in.",
        remedy="Wait a quarter of an hour, or " + ADMINISTRATOR.lower() + "ALTER USER {user} SET MINS_TO_UNLOCK = 0; "
        "First find what tries with a wrong secret: SELECT * FROM TABLE(INFORMATION_SCHEMA.LOGIN_HISTORY());",
    ),
    Trouble(
        step="login",
        codes=frozenset({390101}),
        wording=r"(?i)user access disabled|user .*is disabled",
        message="{user} is disabled.",
        remedy=ADMINISTRATOR + "ALTER USER {user} SET DISABLED = FALSE;",
    ),
    Trouble(
        step="login",
        codes=frozenset({390106}),
        wording=r"(?i)password (?:has )?expired|password must be changed|must change password",
        message="The password of {user} has expired or must be changed.",
        remedy="Log in to Snowsight and change it, then set it again: `backhaul secret set sources/<name>.password`. "
        'A key does not expire by itself: login = "key".',
    ),
    Trouble(
        step="account",
        codes=frozenset({390913}),
        wording=r"(?i)trial (?:period )?has (?:ended|expired)|account (?:is|has been) suspended",
        message="The Snowflake account is suspended: {vendor}",
        remedy="Let an administrator add a payment in Snowsight, under Admin, Billing; then try again.",
    ),
    Trouble(
        step="login",
        codes=frozenset({390144, 394300, 394301, 394302, 394303, 394304, 394305, 394306, 394307}),
        wording=r"JWT token is invalid",
        message="Snowflake does not take this key for {user}. Its fingerprint is {fingerprint}.",
        remedy="Compare it: DESC USER {user}; shows RSA_PUBLIC_KEY_FP and RSA_PUBLIC_KEY_2_FP. If neither is the same: "
        "ALTER USER {user} SET RSA_PUBLIC_KEY = '{public_key}'; If one is: check `user` (the login name, not the e-mail), "
        "`account` ({account}), and this machine's clock, which must be right to a minute.{identifier}",
    ),
    Trouble(
        step="login",
        codes=frozenset({390318}),
        wording=r"(?i)(?:access token|token) (?:has )?expired",
        message="The token of {user} has expired.",
        remedy="Make a new one (ALTER USER {user} ROTATE PROGRAMMATIC ACCESS TOKEN <name>;) and set it: "
        "`backhaul secret set sources/<name>.token`.",
    ),
    Trouble(
        step="login",
        codes=frozenset({394400, 390303}),
        wording=r"(?i)access token is invalid|invalid .*access token",
        message="Snowflake does not take this token for {user}.",
        remedy="It may be revoked, cut off when copied, or another user's. SHOW USER PROGRAMMATIC ACCESS TOKENS FOR USER {user}; "
        "lists them; make one and set it: `backhaul secret set sources/<name>.token`.",
    ),
    Trouble(
        step="login",
        codes=frozenset({390100}),
        wording=r"Incorrect username or password",
        message="Snowflake refused the user or the password: it does not say which.",
        remedy="Check `user` in the source's file ({user}), and set the password again: "
        "`backhaul secret set sources/<name>.password`.",
    ),
    Trouble(
        step="account",
        wording=r"404 Not Found",
        make=UnreachableError,
        message="There is no account {account} at {host}.",
        remedy="Check `account` in the source's file: Snowsight shows it under the account menu, View account details "
        "(MYORG-MYACCOUNT). An account locator needs its region: xy12345.eu-central-1.",
    ),
    Trouble(
        step="account",
        wording=r"403 Forbidden",
        make=UnreachableError,
        message="{host} answers that this machine may not ask it.",
        remedy="The account may be in another region, or reachable by a private link only: check `account`, and `host` "
        "for a private link. A proxy may answer in its place, too.",
    ),
    Trouble(
        step="TLS",
        wording=r"(?i)UnknownIssuer|self.signed|unable to get local issuer",
        make=UnreachableError,
        message="The certificate of {host} is from an authority that this machine does not trust.",
        remedy="A company's proxy may put its own there: add its authority to this machine's trusted ones (SSL_CERT_FILE), "
        "or let it pass the connection to {host} through unread.",
    ),
    Trouble(
        step="TLS",
        wording=r"(?i)certificate.*(?:expired|not yet valid|NotValidYet)|CertExpired",
        make=UnreachableError,
        message="The certificate of {host} is out of date, or this machine's clock is.",
        remedy="Check this machine's date. If it is right, whoever answers at {host} is not Snowflake.",
    ),
    Trouble(
        step="TLS",
        wording=r"(?i)NotValidForName|hostname mismatch|not valid for",
        make=UnreachableError,
        message="The certificate is for another name than {host}.",
        remedy="Check `account`: names with underscores and private links have addresses of their own; else a proxy answers.",
    ),
    Trouble(
        step="TLS",
        wording=r"(?i)^(?!.*timed out).*(?:certificate|corrupt message|tls|ssl|handshake)",
        make=UnreachableError,
        message="No TLS connection to {host} could be made: {vendor}",
        remedy="What answers there may not be Snowflake: check `host` and `port`, and any proxy on the way.",
    ),
    Trouble(
        step="network",
        wording=r"(?i)proxy|tunnel|407",
        make=UnreachableError,
        message="The proxy lets nothing through to {host}: {vendor}",
        remedy="Let it pass connections to {host}, port {port}, and check its user and password in HTTPS_PROXY.",
    ),
    Trouble(
        step="network",
        wording=r"(?i)timed out|timeout|failed to lookup|dns|connection refused|communicate with Snowflake|HTTP request failed",
        make=UnreachableError,
        message="{host} did not answer within {seconds} s.",
        remedy="A firewall may drop the packets: let this machine through to {host}, port {port}. SELECT SYSTEM$ALLOWLIST() "
        "lists all hosts of the account.",
    ),
)
"""What is known, the rarer and more exact first."""


def connecting_trouble(
    code: int, text: str, settings: SnowflakeSettings, *, host: str, details: dict[str, str]
) -> tuple[str, WarehouseError] | None:
    """Find a failure among those that we know: its step and our error. `details` has what only a login knows."""
    known = next((one for one in TROUBLES if code in one.codes), None)
    known = known or next((one for one in TROUBLES if re.search(one.wording, text)), None)
    if known is None:
        return None
    address = re.search(r"IP(?:/Token)? ([0-9a-fA-F.:]+)", text)
    identifier = re.search(r"\[([0-9a-f-]{32,36})\]", text)
    values = {
        "account": settings.account,
        "address": address[1] if address else "its address",
        "fingerprint": "unknown",
        "public_key": "...",
        "host": host,
        "identifier": f" SELECT SYSTEM$GET_LOGIN_FAILURE_DETAILS('{identifier[1]}'); tells an administrator which."
        if identifier
        else "",
        "port": settings.port,
        "role": quoted_name(settings.role),
        "seconds": settings.login_timeout,
        "user": quoted_name(settings.user),
        "vendor": text.rstrip("."),
        **details,
    }
    where = f"{settings.account}/{settings.user}"
    return known.step, known.make(known.message.format(**values), where=where, remedy=known.remedy.format(**values))
