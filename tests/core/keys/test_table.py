"""The table: each kind of key text that people have, what Backhaul says of it, and what it does.

Read it top to bottom. Keys are made again in each run (made.py). A row is: the text; the verdict; what Backhaul says; what
it does in memory. `with_passphrase` gives the right one.
"""

from __future__ import annotations

import base64
import json
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from core import keys
from core.keys import Inspection, Verdict
from core.model import Secret
from tests.core.keys.made import PASSPHRASE, PUTTY, Made, body_of, made, pem

FITS, FIXED, LOCKED, REFUSED = Verdict.FITS, Verdict.FIXED, Verdict.NEEDS_PASSPHRASE, Verdict.REFUSED

AS_NEEDED = "An RSA key of 2,048 bits in PKCS#8, as Snowflake needs it."
TEXT_FIXED = "An RSA key of 2,048 bits in PKCS#8. Fixed in memory; your file is unchanged."
IS_PKCS1 = (
    "An RSA key of 2,048 bits in PKCS#1. Snowflake needs PKCS#8: it was converted in memory; your file is not changed."
)
ENCRYPTED = "The key is encrypted: it opens with its passphrase only."
WRONG = "The passphrase does not open this key."
DAMAGED = "The key is damaged: what stands between its first and last line is no key, or the numbers of none."
NO_KEY = "There is no private key in this text that Backhaul knows."
PUBLIC = "This is the public half of a pair. Snowflake is given that one; to log in, Backhaul needs the private half."
PUTTYS = "The key is in PuTTY's own format, which Snowflake does not read."
NOT_RSA = "This is {} key. Snowflake takes RSA keys of 2,048 bits or more."
TOO_SHORT = "An RSA key of {} bits is too short: Snowflake takes 2,048 bits or more."
CUT = "The key ends too early: a part of it is missing."
UNNEEDED = " It is not encrypted: the passphrase was not needed."

DECRYPTED = "Decrypted with the passphrase."
FROM_PKCS1 = "Converted from PKCS#1 to PKCS#8."
FROM_OPENSSH = "Converted from OpenSSH's format to PKCS#8."
FROM_PKCS12 = "Taken out of the PKCS#12 file, as PKCS#8."
BINARY = "The binary form (DER) was made text."
AROUND = "What stood around the key was left out."
ESCAPES = "Line ends written as the two characters \\n were made line ends."
BASE64 = "The base64 around it was taken off."
BARE = "The first and the last line were missing and were added."
WINDOWS = "Windows line ends were made plain ones."
WRAPPED = "Its lines were rewrapped."
UNSEEN = "Invisible characters were removed."
DASHES = "Dashes that a word processor put in were made hyphens."
FIVE = "The dashes around BEGIN and END were fixed."
SPACES_AT_ENDS = "Spaces at the starts or ends of lines were left out."
FOREIGN = "Characters that are not part of a key (quotes, punctuation) were removed."
OTHER_HEADER = "The first line named another kind of key than the one below it."


@dataclass(frozen=True)
class Row:
    name: str
    text: Callable[[Made], bytes | str]
    verdict: Verdict
    says: str
    does: tuple[str, ...] = ()
    passphrase: str = ""

    def inspected(self) -> Inspection:
        passphrase = Secret(self.passphrase) if self.passphrase else None
        return keys.inspect(self.text(made()), passphrase)

    @property
    def material(self) -> bytes:
        text = self.text(made())
        return text if isinstance(text, bytes) else text.encode()


def with_passphrase(row: Row) -> Row:
    return replace(row, passphrase=PASSPHRASE)


def lines(text: str, change: Callable[[str], str]) -> str:
    return "".join(change(line) for line in text.splitlines(keepends=True))


def b64(text: bytes | str) -> str:
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


# fmt: off
TABLE = [
    # --- keys as they come from the tools ---
    Row("PKCS#8", lambda m: m.pkcs8, FITS, AS_NEEDED),
    Row("PKCS#8 without a line end at its end", lambda m: m.pkcs8.rstrip("\n"), FITS, AS_NEEDED),
    Row("PKCS#1", lambda m: m.pkcs1, FIXED, IS_PKCS1, (FROM_PKCS1,)),
    Row("OpenSSH", lambda m: m.openssh, FIXED, "An RSA key of 2,048 bits in OpenSSH's own format. Snowflake needs PKCS#8: it was converted in memory; your file is not changed.", (FROM_OPENSSH,)),
    Row("PKCS#8 in DER", lambda m: m.pkcs8_der, FIXED, "An RSA key of 2,048 bits in PKCS#8, in its binary form (DER). Fixed in memory; your file is unchanged.", (BINARY,)),
    Row("PKCS#1 in DER", lambda m: m.pkcs1_der, FIXED, "An RSA key of 2,048 bits in PKCS#1, in its binary form (DER). Snowflake needs PKCS#8: it was converted in memory; your file is not changed.", (BINARY, FROM_PKCS1)),
    Row("JSON of a service account", lambda m: m.service_account, FIXED, "An RSA key of 2,048 bits, made for a Google service account. Fixed in memory; your file is unchanged.", ("The private_key of the JSON was taken.",)),
    Row("JSON of a service account on one line", lambda m: json.dumps(m.account()), FIXED, "An RSA key of 2,048 bits, made for a Google service account. Fixed in memory; your file is unchanged.", ("The private_key of the JSON was taken.",)),
    Row("PKCS#12 without a passphrase", lambda m: m.pkcs12(""), FIXED, "An RSA key of 2,048 bits in a PKCS#12 file. Snowflake needs PKCS#8: it was converted in memory; your file is not changed.", (FROM_PKCS12,)),

    # --- encrypted, and no passphrase yet ---
    Row("encrypted PKCS#8", lambda m: m.encrypted, LOCKED, ENCRYPTED),
    Row("encrypted PKCS#8 in DER", lambda m: m.encrypted_der, LOCKED, ENCRYPTED, (BINARY,)),
    Row("legacy encrypted (Proc-Type)", lambda m: m.legacy, LOCKED, ENCRYPTED),
    Row("encrypted OpenSSH", lambda m: m.openssh_encrypted, LOCKED, ENCRYPTED),
    Row("PKCS#12", lambda m: m.pkcs12(), LOCKED, ENCRYPTED),

    # --- encrypted, with the passphrase ---
    with_passphrase(Row("encrypted PKCS#8, passphrase", lambda m: m.encrypted, FIXED, "An RSA key of 2,048 bits in encrypted PKCS#8. It was decrypted in memory; your file is not changed.", (DECRYPTED,))),
    with_passphrase(Row("encrypted PKCS#8 in DER, passphrase", lambda m: m.encrypted_der, FIXED, "An RSA key of 2,048 bits in encrypted PKCS#8, in its binary form (DER). It was decrypted in memory; your file is not changed.", (BINARY, DECRYPTED))),
    with_passphrase(Row("legacy encrypted, passphrase", lambda m: m.legacy, FIXED, "An RSA key of 2,048 bits in PEM that is encrypted the old way. It was decrypted in memory; your file is not changed.", (DECRYPTED, "Converted to PKCS#8."))),
    with_passphrase(Row("encrypted OpenSSH, passphrase", lambda m: m.openssh_encrypted, FIXED, "An RSA key of 2,048 bits in OpenSSH's own format, encrypted. It was decrypted in memory; your file is not changed.", (DECRYPTED, FROM_OPENSSH))),
    with_passphrase(Row("PKCS#12, passphrase", lambda m: m.pkcs12(), FIXED, "An RSA key of 2,048 bits in a PKCS#12 file. It was decrypted in memory; your file is not changed.", (DECRYPTED, FROM_PKCS12))),
    with_passphrase(Row("encrypted and escaped, passphrase", lambda m: m.encrypted.replace("\n", "\\n"), FIXED, "An RSA key of 2,048 bits in encrypted PKCS#8. It was decrypted in memory; your file is not changed.", (ESCAPES, DECRYPTED))),
    with_passphrase(Row("legacy encrypted on one line, passphrase", lambda m: m.legacy.replace("\n", " "), FIXED, "An RSA key of 2,048 bits in PEM that is encrypted the old way. It was decrypted in memory; your file is not changed.", (SPACES_AT_ENDS, WRAPPED, DECRYPTED, "Converted to PKCS#8."))),

    # --- a passphrase that does not help ---
    Row("encrypted PKCS#8, wrong passphrase", lambda m: m.encrypted, LOCKED, WRONG, passphrase="wrong"),
    Row("encrypted PKCS#8 in DER, wrong passphrase", lambda m: m.encrypted_der, LOCKED, WRONG, (BINARY,), passphrase="wrong"),
    Row("legacy encrypted, wrong passphrase", lambda m: m.legacy, LOCKED, WRONG, passphrase="wrong"),
    Row("encrypted OpenSSH, wrong passphrase", lambda m: m.openssh_encrypted, LOCKED, WRONG, passphrase="wrong"),
    Row("PKCS#12, wrong passphrase", lambda m: m.pkcs12(), LOCKED, WRONG, passphrase="wrong"),
    with_passphrase(Row("PKCS#8, a passphrase for nothing", lambda m: m.pkcs8, FITS, AS_NEEDED + UNNEEDED)),
    with_passphrase(Row("PKCS#1, a passphrase for nothing", lambda m: m.pkcs1, FIXED, IS_PKCS1 + UNNEEDED, (FROM_PKCS1,))),

    # --- what happens to a text on its way ---
    Row("Windows line ends (CRLF)", lambda m: m.pkcs8.replace("\n", "\r\n"), FIXED, TEXT_FIXED, (WINDOWS,)),
    Row("old Macintosh line ends (CR)", lambda m: m.pkcs8.replace("\n", "\r"), FIXED, TEXT_FIXED, ("Line ends of an old Macintosh (CR) were made plain ones.",)),
    Row("a byte order mark (BOM)", lambda m: "\ufeff" + m.pkcs8, FIXED, TEXT_FIXED, ("A byte order mark at the start was left out.",)),
    Row("UTF-16", lambda m: m.pkcs8.encode("utf-16"), FIXED, TEXT_FIXED, ("UTF-16 was made plain text.",)),
    Row("UTF-16 without its mark", lambda m: m.pkcs8.encode("utf-16-be"), FIXED, TEXT_FIXED, ("UTF-16 was made plain text.",)),
    Row("UTF-16 with Windows line ends, PKCS#1", lambda m: m.pkcs1.replace("\n", "\r\n").encode("utf-16"), FIXED, IS_PKCS1, ("UTF-16 was made plain text.", WINDOWS, FROM_PKCS1)),
    Row("indented", lambda m: textwrap.indent(m.pkcs8, "    "), FIXED, TEXT_FIXED, (SPACES_AT_ENDS,)),
    Row("indented in YAML", lambda m: "private_key: |\n" + textwrap.indent(m.pkcs8, "  "), FIXED, TEXT_FIXED, (SPACES_AT_ENDS, AROUND)),
    Row("quoted in a mail", lambda m: textwrap.indent(m.pkcs8, "> "), FIXED, TEXT_FIXED, (AROUND, FOREIGN)),
    Row("smart dashes", lambda m: m.pkcs8.replace("--", "\u2013"), FIXED, TEXT_FIXED, (DASHES, FIVE)),
    Row("long smart dashes", lambda m: m.pkcs8.replace("-----", "\u2014\u2014-"), FIXED, TEXT_FIXED, (DASHES, FIVE)),
    Row("smart dashes in Windows' own code page", lambda m: m.pkcs8.replace("-----", "\u2014\u2014\u2014\u2014\u2014").encode("cp1252"), FIXED, TEXT_FIXED, (DASHES,)),
    Row("four dashes", lambda m: m.pkcs8.replace("-----", "----"), FIXED, TEXT_FIXED, (FIVE,)),
    Row("no dashes", lambda m: m.pkcs8.replace("-----", ""), FIXED, TEXT_FIXED, (FIVE,)),
    Row("zero-width characters", lambda m: m.pkcs8.replace("M", "\u200bM"), FIXED, TEXT_FIXED, (UNSEEN,)),
    Row("non-breaking spaces", lambda m: m.pkcs8.replace(" ", "\xa0"), FIXED, TEXT_FIXED, ("Spaces of another kind were made plain spaces.",)),
    Row("a fence of Markdown", lambda m: f"```pem\n{m.pkcs8}```\n", FIXED, TEXT_FIXED, (AROUND,)),
    Row("a sentence before and after", lambda m: f"Hi Ann, the key is:\n\n{m.pkcs8}\nBest, Bob", FIXED, TEXT_FIXED, (AROUND,)),
    Row("attributes as openssl pkcs12 writes them", lambda m: f"Bag Attributes\n    friendlyName: k\nKey Attributes: <No Attributes>\n{m.pkcs8}", FIXED, TEXT_FIXED, (SPACES_AT_ENDS, AROUND)),
    Row("on one line", lambda m: m.pkcs8.replace("\n", ""), FIXED, TEXT_FIXED, (WRAPPED,)),
    Row("on one line, with spaces", lambda m: m.pkcs8.replace("\n", " "), FIXED, TEXT_FIXED, (SPACES_AT_ENDS, WRAPPED)),
    Row("empty lines between the lines", lambda m: m.pkcs8.replace("\n", "\n\n"), FITS, AS_NEEDED),

    # --- as a value of something ---
    Row("\\n-escaped", lambda m: m.pkcs8.replace("\n", "\\n"), FIXED, TEXT_FIXED, (ESCAPES,)),
    Row("\\n-escaped twice", lambda m: m.pkcs8.replace("\n", "\\\\n"), FIXED, TEXT_FIXED, (ESCAPES,)),
    Row("\\r\\n-escaped", lambda m: m.pkcs8.replace("\n", "\\r\\n"), FIXED, TEXT_FIXED, (ESCAPES,)),
    Row("\\n-escaped in quotes", lambda m: json.dumps(m.pkcs8), FIXED, TEXT_FIXED, (ESCAPES, AROUND)),
    Row("a line of an .env file", lambda m: f"SNOWFLAKE_KEY={json.dumps(m.pkcs8)}\n", FIXED, TEXT_FIXED, (ESCAPES, AROUND)),
    Row("a line of a shell script", lambda m: f"export KEY='{m.pkcs8}'\n", FIXED, TEXT_FIXED, (AROUND,)),
    Row("a line of TOML", lambda m: f'private_key = """\n{m.pkcs8}"""\n', FIXED, TEXT_FIXED, (AROUND,)),
    Row("a line of YAML", lambda m: f"private_key: {json.dumps(m.pkcs8)}\n", FIXED, TEXT_FIXED, (ESCAPES, AROUND)),
    Row("a field of another JSON", lambda m: json.dumps({"snowflake": m.pkcs8}), FIXED, TEXT_FIXED, (AROUND,)),
    Row("a JSON that is cut off", lambda m: m.service_account[: m.service_account.index("client_email")], FIXED, TEXT_FIXED, (ESCAPES, SPACES_AT_ENDS, AROUND)),
    Row("JSON with slashes and signs as codes", lambda m: json.dumps(m.pkcs8).replace("/", "\\/").replace("=", "\\u003d"), FIXED, TEXT_FIXED, (ESCAPES, "Characters written as codes (such as \\u003d or \\/) were made characters.", AROUND)),
    Row("base64 of the text", lambda m: b64(m.pkcs8), FIXED, TEXT_FIXED, (BASE64,)),
    Row("base64 of the text, in an .env file", lambda m: f'KEY_B64="{b64(m.pkcs8)}"', FIXED, TEXT_FIXED, (AROUND, BASE64)),
    Row("base64 of the text of PKCS#1", lambda m: b64(m.pkcs1), FIXED, IS_PKCS1, (BASE64, FROM_PKCS1)),
    Row("base64 of a service account's file", lambda m: b64(m.service_account), FIXED, "An RSA key of 2,048 bits, made for a Google service account. Fixed in memory; your file is unchanged.", (BASE64, "The private_key of the JSON was taken.")),
    Row("base64 of DER, or the body without first and last line", lambda m: b64(m.pkcs8_der), FIXED, TEXT_FIXED, (BARE,)),
    Row("the body of PKCS#8, in its lines", lambda m: "\n".join(m.pkcs8.splitlines()[1:-1]), FIXED, TEXT_FIXED, (BARE,)),
    Row("the body of PKCS#1, in its lines", lambda m: "\n".join(m.pkcs1.splitlines()[1:-1]), FIXED, IS_PKCS1, (BARE, FROM_PKCS1)),
    Row("the body of an OpenSSH key", lambda m: body_of(m.openssh), FIXED, "An RSA key of 2,048 bits in OpenSSH's own format. Snowflake needs PKCS#8: it was converted in memory; your file is not changed.", (BARE, FROM_OPENSSH)),

    # --- not whole ---
    Row("the last line is missing", lambda m: "\n".join(m.pkcs8.splitlines()[:-1]), FIXED, TEXT_FIXED, ("The last line was missing and was added.",)),
    Row("the last line is cut off", lambda m: m.pkcs8.rstrip("\n")[:-12], FIXED, TEXT_FIXED, ("The last line was missing and was added.",)),
    Row("the first line is missing", lambda m: "\n".join(m.pkcs8.splitlines()[1:]), FIXED, TEXT_FIXED, ("The first line was missing and was added.",)),
    Row("the first line is cut off", lambda m: m.pkcs8[9:], FIXED, TEXT_FIXED, ("The first line was missing and was added.",)),
    Row("cut off in the middle", lambda m: m.pkcs8[:900], REFUSED, CUT + " It holds 644 of {size} bytes."),
    Row("a line is missing", lambda m: "\n".join(m.pkcs8.splitlines()[:9] + m.pkcs8.splitlines()[10:]), REFUSED, CUT + " It holds {less} of {size} bytes."),
    Row("the beginning is missing", lambda m: m.pkcs8[300:], REFUSED, DAMAGED),
    Row("an OpenSSH key that is cut off", lambda m: m.openssh[:600], REFUSED, CUT),
    Row("only a first line", lambda m: "-----BEGIN PRIVATE KEY-----", REFUSED, CUT),
    Row("DER that is cut off", lambda m: m.pkcs8_der[:500], REFUSED, CUT + " It holds 500 of {size} bytes."),
    Row("other characters in the middle", lambda m: m.pkcs8[:500] + "AAAA" + m.pkcs8[504:], REFUSED, DAMAGED),
    Row("two lines changed places", lambda m: "\n".join([m.pkcs8.splitlines()[i] for i in (0, 1, 2, 4, 3)] + m.pkcs8.splitlines()[5:]), REFUSED, DAMAGED),

    # --- the frame says another thing than the key ---
    Row("PKCS#8 with a last line of PKCS#1", lambda m: m.pkcs8.replace("END PRIVATE", "END RSA PRIVATE"), FIXED, TEXT_FIXED, ("The last line named another kind of key than the first; it was made to match.",)),
    Row("PKCS#1 below BEGIN PRIVATE KEY", lambda m: m.pkcs1.replace("RSA ", ""), FIXED, IS_PKCS1, (OTHER_HEADER, FROM_PKCS1)),
    Row("PKCS#8 below BEGIN RSA PRIVATE KEY", lambda m: m.pkcs8.replace("PRIVATE", "RSA PRIVATE"), FIXED, TEXT_FIXED, (OTHER_HEADER,)),
    Row("a public key below BEGIN PRIVATE KEY", lambda m: m.public.replace("PUBLIC", "PRIVATE"), REFUSED, PUBLIC),

    # --- several things in one text ---
    Row("a key and its certificate", lambda m: m.certificate + m.pkcs8, FIXED, TEXT_FIXED, ("Certificates and public keys beside it were left out.",)),
    Row("a key and its public key", lambda m: m.pkcs8 + m.public, FIXED, TEXT_FIXED, ("Certificates and public keys beside it were left out.",)),
    Row("the same key twice", lambda m: m.pkcs8 + m.pkcs8, FIXED, TEXT_FIXED, ("The same key stood there more than once.",)),
    Row("two keys", lambda m: m.pkcs8 + m.other_rsa, REFUSED, "The text contains 2 different private keys, and Backhaul does not guess which one you want."),

    # --- other keys ---
    Row("RSA of 1024 bits", lambda m: m.short, REFUSED, TOO_SHORT.format("1,024")),
    Row("RSA of 512 bits", lambda m: m.very_short, REFUSED, TOO_SHORT.format("512")),
    Row("EC in PKCS#8", lambda m: m.ec, REFUSED, NOT_RSA.format("an EC")),
    Row("EC in SEC1", lambda m: m.sec1, REFUSED, NOT_RSA.format("an EC")),
    Row("EC in SEC1 with its parameters", lambda m: pem("EC PARAMETERS", "BggqhkjOPQMBBw==") + m.sec1, REFUSED, NOT_RSA.format("an EC")),
    Row("Ed25519", lambda m: m.ed25519, REFUSED, NOT_RSA.format("an Ed25519")),
    Row("Ed25519 of OpenSSH", lambda m: m.ed25519_openssh, REFUSED, NOT_RSA.format("an Ed25519")),
    with_passphrase(Row("Ed25519, encrypted, passphrase", lambda m: m.ed25519_encrypted, REFUSED, NOT_RSA.format("an Ed25519"))),
    Row("Ed448", lambda m: m.ed448, REFUSED, NOT_RSA.format("an Ed448")),
    Row("DSA in PKCS#8", lambda m: m.dsa, REFUSED, NOT_RSA.format("a DSA")),
    Row("DSA as OpenSSL wrote it", lambda m: m.dsa_legacy, REFUSED, NOT_RSA.format("a DSA")),

    # --- no private keys ---
    Row("a public key", lambda m: m.public, REFUSED, PUBLIC),
    Row("a public key in PKCS#1", lambda m: m.public_pkcs1, REFUSED, PUBLIC),
    Row("a public key of OpenSSH", lambda m: m.public_ssh, REFUSED, PUBLIC),
    Row("a public key in DER", lambda m: m.public_der, REFUSED, PUBLIC),
    Row("the body of a public key", lambda m: m.public_key, REFUSED, PUBLIC),
    Row("a certificate", lambda m: m.certificate, REFUSED, "A certificate contains only a public key. To log in, Backhaul needs the private one."),
    Row("a certificate request", lambda m: m.request, REFUSED, "A certificate request contains only a public key. To log in, Backhaul needs the private one."),
    with_passphrase(Row("PKCS#12 without a key", lambda m: m.pkcs12(with_key=False), REFUSED, "The file contains certificates, and no private key.")),
    Row("PuTTY", lambda m: PUTTY.format(kind="ssh-rsa", encryption="none", private=body_of(m.pkcs1)), REFUSED, PUTTYS),
    Row("PuTTY, encrypted", lambda m: PUTTY.format(kind="ssh-rsa", encryption="aes256-cbc", private=body_of(m.pkcs1)), REFUSED, PUTTYS),
    Row("a PGP key", lambda m: pem("PGP PRIVATE KEY BLOCK", body_of(m.pkcs1)), REFUSED, "PGP keys sign and encrypt mail; Snowflake takes RSA keys in PKCS#8."),
    Row("nothing", lambda m: "", REFUSED, "There is no text."),
    Row("spaces and line ends", lambda m: " \r\n\t\u200b ", REFUSED, "There is no text."),
    Row("a password", lambda m: "correct horse battery staple", REFUSED, NO_KEY),
    Row("the path of a file", lambda m: "/home/ann/.ssh/id_rsa", REFUSED, "This is the path of a file, and not what is in it."),
    Row("the name of a file", lambda m: "rsa_key.p8", REFUSED, "This is the path of a file, and not what is in it."),
    Row("JSON without a key", lambda m: '{"type": "authorized_user"}', REFUSED, NO_KEY),
    Row("a picture", lambda m: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, REFUSED, NO_KEY),
]
# fmt: on

_every_row = pytest.mark.parametrize("row", TABLE, ids=[row.name for row in TABLE])


@_every_row
def test_backhaul_says_what_a_key_text_is_and_does_what_it_says(row: Row) -> None:
    known = {"size": f"{len(made().pkcs8_der):,}", "less": f"{len(made().pkcs8_der) - 48:,}"}
    found = row.inspected()
    assert (found.verdict, found.sentence, found.fixes) == (row.verdict, row.says.format(**known), row.does)
    assert found.found
    assert found.remedy


@_every_row
def test_a_key_that_fits_or_was_fixed_comes_out_as_the_same_pkcs8(row: Row) -> None:
    found = row.inspected()
    if row.verdict in {FITS, FIXED}:
        assert found.key is not None
        assert found.key.reveal() == made().pkcs8
        assert (found.public_key, found.fingerprint) == (made().public_key, made().fingerprint)
        assert (found.algorithm, found.bits) == ("RSA", 2048)
    else:
        assert found.key is None
        assert not found.public_key + found.fingerprint


@_every_row
def test_nothing_of_the_private_key_stands_in_what_is_said(row: Row) -> None:
    assert made().tells(repr(row.inspected())) == ""


@_every_row
def test_bytes_and_text_are_told_the_same(row: Row) -> None:
    if isinstance(row.text(made()), str):
        passphrase = Secret(row.passphrase) if row.passphrase else None
        assert keys.inspect(row.material, passphrase) == row.inspected()


def test_each_row_has_a_name_of_its_own() -> None:
    names = [row.name for row in TABLE]
    assert len(set(names)) == len(names)
