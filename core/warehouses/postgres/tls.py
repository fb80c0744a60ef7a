"""Why a Postgres server's certificate was refused: libpq says only that it was, so the handshake is made once more by ourselves.

Postgres speaks TLS behind a request in its own protocol (SSLRequest, answered by one letter:
https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL).
"""

from __future__ import annotations

import socket
import ssl
import struct

__all__ = ["certificate_fault"]

_SSL_REQUEST = struct.pack("!II", 8, 80877103)
_EXPIRED, _NOT_YET = 10, 9
"""OpenSSL's X509_V_ERR_CERT_HAS_EXPIRED and X509_V_ERR_CERT_NOT_YET_VALID."""


def certificate_fault(host: str, port: int, authority: str | None, seconds: float) -> str:
    """Say what is wrong with the certificate besides who signed it; nothing where that is not known."""
    try:
        context = ssl.create_default_context(cafile=authority if authority and authority != "system" else None)
        with socket.create_connection((host, port), timeout=seconds) as connection:
            connection.sendall(_SSL_REQUEST)
            if connection.recv(1) != b"S":
                return ""
            with context.wrap_socket(connection, server_hostname=host):
                return ""
    except ssl.SSLCertVerificationError as error:
        return {
            _EXPIRED: "The server's certificate has expired.",
            _NOT_YET: "The server's certificate is not valid yet, or this machine's clock is behind.",
        }.get(error.verify_code, "")
    except (OSError, ValueError):
        return ""
