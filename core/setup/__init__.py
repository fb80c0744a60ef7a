"""What a person already has: connections in other tools' files, or a connection string to paste.

`from_text` reads a pasted connection string; `on_this_machine` looks where other tools keep their connections; both give
`Found`s, whose settings fit a source's file and whose secrets go to the keyring. Files of others are only read.
"""

from core.setup.files import on_this_machine
from core.setup.found import Found
from core.setup.uri import from_text, is_connection, may_hold_password

__all__ = ["Found", "from_text", "is_connection", "may_hold_password", "on_this_machine"]
