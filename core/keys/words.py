"""What each kind of key text is called, what that means, and what to do about it. Nothing of a text is ever repeated."""

from __future__ import annotations

from dataclasses import dataclass

from core.keys.opening import Failure
from core.keys.recognise import Recognised
from core.keys.values import Kind

__all__ = [
    "NEW_PAIR",
    "Words",
    "article",
    "container_name",
    "found_name",
    "words_for_failure",
    "words_for_other",
    "words_without_key",
]

NEW_PAIR = "Make a new pair with `backhaul key generate`, or with the openssl command, and register its public key."
_FIND = "Look for the private key that was made together with it"
_WHOLE = "Copy the whole text again, from its BEGIN line to its END line, or give the file itself."


@dataclass(frozen=True, slots=True)
class Words:
    """What it is and what that means; what to do next."""

    sentence: str
    remedy: str


_NAMES = {
    Kind.PKCS8: 'PKCS#8 ("BEGIN PRIVATE KEY")',
    Kind.ENCRYPTED_PKCS8: 'encrypted PKCS#8 ("BEGIN ENCRYPTED PRIVATE KEY")',
    Kind.PKCS1: 'PKCS#1 ("BEGIN RSA PRIVATE KEY")',
    Kind.SEC1: 'SEC1 ("BEGIN EC PRIVATE KEY")',
    Kind.DSA: 'DSA ("BEGIN DSA PRIVATE KEY")',
    Kind.LEGACY_ENCRYPTED: 'legacy encrypted PEM ("Proc-Type: 4,ENCRYPTED")',
    Kind.OPENSSH: 'OpenSSH ("BEGIN OPENSSH PRIVATE KEY")',
    Kind.ENCRYPTED_OPENSSH: 'encrypted OpenSSH ("BEGIN OPENSSH PRIVATE KEY")',
    Kind.PUTTY: 'PuTTY ("PuTTY-User-Key-File")',
    Kind.PKCS12: "PKCS#12 (.p12, .pfx)",
    Kind.SERVICE_ACCOUNT: "the key of a Google service account (JSON)",
    Kind.PUBLIC_KEY: "a public key",
    Kind.CERTIFICATE: "a certificate",
    Kind.REQUEST: "a certificate request",
    Kind.PGP: "a PGP key",
    Kind.SEVERAL: "several private keys",
    Kind.TRUNCATED: "a key that is cut off",
    Kind.EMPTY: "nothing",
    Kind.UNKNOWN: "no private key",
}
_CONTAINERS = {
    Kind.LEGACY_ENCRYPTED: "PEM that is encrypted the old way",
    Kind.OPENSSH: "OpenSSH's own format",
    Kind.ENCRYPTED_OPENSSH: "OpenSSH's own format, encrypted",
    Kind.PKCS12: "a PKCS#12 file",
}
_WITHOUT_KEY = {
    Kind.PUTTY: Words(
        "The key is in PuTTY's own format, which Snowflake does not read.",
        "Convert it with the puttygen command, or in PuTTYgen: Conversions, Export OpenSSH key. Then give the new file.",
    ),
    Kind.PUBLIC_KEY: Words(
        "This is the public half of a pair. Snowflake is given that one; to log in, Backhaul needs the private half.",
        f"{_FIND}: most often the file of the same name without .pub.",
    ),
    Kind.CERTIFICATE: Words(
        "A certificate contains only a public key. To log in, Backhaul needs the private one.",
        f"{_FIND}: its first line says PRIVATE KEY.",
    ),
    Kind.REQUEST: Words(
        "A certificate request contains only a public key. To log in, Backhaul needs the private one.",
        f"{_FIND}: its first line says PRIVATE KEY.",
    ),
    Kind.PGP: Words("PGP keys sign and encrypt mail; Snowflake takes RSA keys in PKCS#8.", NEW_PAIR),
    Kind.EMPTY: Words("There is no text.", "Paste the private key whole, or give the path of its file."),
    Kind.UNKNOWN: Words(
        "There is no private key in this text that Backhaul knows.",
        "Give the file whose first line says BEGIN PRIVATE KEY, whole. A new pair: `backhaul key generate`.",
    ),
}
_FAILURES = {
    Failure.LOCKED: Words(
        "The key is encrypted: it opens with its passphrase only.",
        "Give the passphrase; the key is then decrypted in memory, and your file is not changed.",
    ),
    Failure.WRONG: Words(
        "The passphrase does not open this key.",
        "Type it again: capital letters, keyboard layout, a space at its end. Where it is right, the key is damaged.",
    ),
    Failure.DAMAGED: Words(
        "The key is damaged: what stands between its first and last line is no key, or the numbers of none.",
        _WHOLE,
    ),
    Failure.UNSUPPORTED: Words(
        "The key is encrypted in a way that Backhaul does not know.",
        "Decrypt it with the command (OpenSSL 3 may ask for -provider legacy -provider default), then give the new file.",
    ),
    Failure.TOO_SLOW: Words(
        "To try one passphrase, this key asks for more work than this machine should do: it is damaged, or made so.",
        NEW_PAIR,
    ),
    Failure.NONE_INSIDE: Words(
        "The file contains certificates, and no private key.",
        "Export it again together with its private key, or give the private key's own file.",
    ),
    Failure.NOT_RSA: Words("The key is of an algorithm that Snowflake does not take: it takes RSA.", NEW_PAIR),
}


def found_name(found: Recognised) -> str:
    """Name what was found, shortly: its kind, and the form where that is unusual."""
    name = _NAMES[found.kind]
    if found.is_json:
        name = _NAMES[Kind.SERVICE_ACCOUNT]
    elif found.label == "path":
        name = "the path of a file"
    elif found.kind is Kind.SEVERAL:
        name = f"{found.count} private keys"
    elif found.is_binary and found.kind is not Kind.PKCS12:
        name = f"{name.partition(' (')[0]} in its binary form (DER)"
    elif found.kind is Kind.PUBLIC_KEY and found.label == "ssh":
        name = 'a public key of OpenSSH ("ssh-rsa AAAA…")'
    return name


def container_name(found: Recognised) -> str:
    """Name the form of a key, as it stands in a sentence."""
    name = _CONTAINERS.get(found.kind) or _NAMES[found.kind].partition(" (")[0]
    return f"{name}, in its binary form (DER)" if found.is_binary and found.kind is not Kind.PKCS12 else name


def words_without_key(found: Recognised) -> Words | None:
    """Explain a text in which there is no single private key to open; None where there is one."""
    if found.kind is Kind.SEVERAL:
        return Words(
            f"The text contains {found.count} different private keys, and Backhaul does not guess which one you want.",
            "Give the one whose public key is registered with the Snowflake user.",
        )
    if found.kind is Kind.TRUNCATED:
        held = f" It holds {len(found.content):,} of {found.expected:,} bytes." if found.expected else ""
        return Words(f"The key ends too early: a part of it is missing.{held}", _WHOLE)
    if found.kind is Kind.UNKNOWN and found.label == "path":
        return Words(
            "This is the path of a file, and not what is in it.", "Give the file: `backhaul key inspect FILE`."
        )
    if found.kind is Kind.UNKNOWN and "PRIVATE" in found.label:
        return _FAILURES[Failure.DAMAGED]
    return _WITHOUT_KEY.get(found.kind)


def words_for_failure(failure: Failure) -> Words:
    """Explain why a key could not be opened."""
    return _FAILURES[failure]


def words_for_other(algorithm: str, bits: int | None = None) -> Words:
    """Explain why a key of another algorithm, or of too few bits, does not fit."""
    if bits is not None:
        return Words(f"An RSA key of {bits:,} bits is too short: Snowflake takes 2,048 bits or more.", NEW_PAIR)
    return Words(
        f"This is {article(algorithm)} {algorithm} key. Snowflake takes RSA keys of 2,048 bits or more.", NEW_PAIR
    )


def article(word: str) -> str:
    """Return 'a' or 'an', as the word is spoken: an EC key, an RSA key, a DSA key."""
    return "an" if word[:1] in "AEIOX" or word.startswith("RSA") else "a"
