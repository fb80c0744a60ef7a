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
_FAULTS = {
    9: (  # X509_V_ERR_CERT_NOT_YET_VALID
        "The server's certificate is not valid yet, or this machine's clock is behind.",
        "Set this machine's clock (`timedatectl set-ntp true`), or ask whoever runs the server.",
    ),
    10: (  # X509_V_ERR_CERT_HAS_EXPIRED
        "The server's certificate has expired.",
        "Have it renewed by whoever runs the server; until then it cannot be known that it is this server.",
    ),
    18: (  # X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT
        "The server's certificate is self-signed: no authority vouches for it.",
        "Let `sslrootcert` name a file with that very certificate, handed over by whoever runs the server.",
    ),
}
"""What happened and what to do, by OpenSSL's number of it."""


def certificate_fault(host: str, port: int, authority: str | None, seconds: float) -> tuple[str, str] | None:
    """Say what is wrong with the certificate besides who signed it, and what to do; None where that is not known."""
    try:
        context = ssl.create_default_context(cafile=authority if authority and authority != "system" else None)
        with socket.create_connection((host, port), timeout=seconds) as connection:
            connection.sendall(_SSL_REQUEST)
            if connection.recv(1) != b"S":
                return None
            with context.wrap_socket(connection, server_hostname=host):
                return None
    except ssl.SSLCertVerificationError as error:
        return _FAULTS.get(error.verify_code)
    except (OSError, ValueError):
        return None
