r"""Private keys: what a text is, whether it fits what Snowflake needs, fixed where it can be; and the SQL that registers it.

    inspect(material, passphrase)      -> Inspection: words for a person, and the key as unencrypted PKCS#8
    generate(bits)                     -> Inspection of a fresh pair
    read(path), warning_of(path)       a key file's bytes; a warning where others can read it
    write(path, key), must_be_free(path)   a new file that only its owner can read
    statement, check_statement, rotation   the SQL for Snowflake
    service_account(text)              -> ServiceAccount, or NoServiceAccount with a sentence for each wrong field

Everything is fixed in memory; a user's file is never changed. How a text becomes a key:

    bytes --text--> plain text --pem--> blocks --recognise--> kind, algorithm --opening--> RSA key --inspecting--> words

Nothing of a key stands in a message, an error or a repr: what a text says is never repeated, labels are chosen from a list,
keys are `Secret`s, and exceptions of libraries are not chained. `cryptography` is imported when a key is first opened.
"""

from core.keys.commands import GENERATE
from core.keys.files import must_be_free, read, warning_of, write
from core.keys.inspecting import generate, inspect
from core.keys.recognise import MOST_BYTES
from core.keys.service_account import NoServiceAccount, ServiceAccount, service_account
from core.keys.snowflake import check_statement, rotation, statement
from core.keys.values import Inspection, Kind, Verdict

__all__ = [
    "GENERATE",
    "MOST_BYTES",
    "Inspection",
    "Kind",
    "NoServiceAccount",
    "ServiceAccount",
    "Verdict",
    "check_statement",
    "generate",
    "inspect",
    "must_be_free",
    "read",
    "rotation",
    "service_account",
    "statement",
    "warning_of",
    "write",
]
