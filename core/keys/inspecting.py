"""Inspects a text: recognises it, opens it, and says in words what it is and what to do. Also makes a fresh pair."""

from __future__ import annotations

from core.errors import UsageError
from core.keys.commands import GENERATE, command_for
from core.keys.opening import Failure, Opened, opened, written
from core.keys.recognise import Recognised, recognise
from core.keys.values import Inspection, Kind, Verdict
from core.keys.words import (
    NEW_PAIR,
    Words,
    container_name,
    found_name,
    words_for_failure,
    words_for_other,
    words_without_key,
)
from core.model import Secret

__all__ = ["generate", "inspect"]

_FEWEST_BITS, _MOST_BITS = 2048, 4096
_REGISTER = "Register its public key with the Snowflake user, where that is not done yet."
_CONVERTED = {
    Kind.PKCS1: "Converted from PKCS#1 to PKCS#8.",
    Kind.OPENSSH: "Converted from OpenSSH's format to PKCS#8.",
    Kind.ENCRYPTED_OPENSSH: "Converted from OpenSSH's format to PKCS#8.",
    Kind.LEGACY_ENCRYPTED: "Converted to PKCS#8.",
    Kind.PKCS12: "Taken out of the PKCS#12 file, as PKCS#8.",
}


def inspect(material: bytes | str, passphrase: Secret | None = None, *, name: str = "key.pem") -> Inspection:
    """Say what a text or a file's content is, and whether it fits what Snowflake needs: RSA, 2,048 bits or more, PKCS#8.

    Whatever can be fixed is fixed in memory. `name` is the file that the command in the answer speaks of. Never raises,
    whatever it is given, and only the answer's `key` holds anything of the key.
    """
    found = recognise(material)
    without = words_without_key(found)
    if without is not None:
        return _refused(found, without, name)
    if found.algorithm not in {"", "RSA", "RSA-PSS"}:
        return _refused(found, words_for_other(found.algorithm), name)
    result = opened(found, passphrase.reveal() if passphrase is not None else "")
    if isinstance(result, str):
        return _refused(found, words_for_other(result), name, algorithm=result)
    if isinstance(result, Failure):
        return _refused(found, words_for_failure(result), name, failure=result)
    if result.bits < _FEWEST_BITS:
        return _refused(found, words_for_other("RSA", result.bits), name, algorithm="RSA", bits=result.bits)
    return _fitting(found, result, name, given=passphrase is not None and bool(passphrase.reveal()))


def generate(bits: int = 2048) -> Inspection:
    """Make a fresh RSA pair of 2,048 to 4,096 bits. Raises UsageError for another length."""
    if not _FEWEST_BITS <= bits <= _MOST_BITS:
        raise UsageError(
            f"A key of {bits:,} bits is not made here.",
            remedy=f"Ask for {_FEWEST_BITS:,} to {_MOST_BITS:,} bits; Snowflake takes no fewer, and more only cost time.",
        )
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

    fresh = written(generate_private_key(public_exponent=65537, key_size=bits))
    return _answer(Recognised(kind=Kind.PKCS8), fresh, Verdict.FITS, f"A fresh RSA pair of {bits:,} bits, in PKCS#8.")


def _fitting(found: Recognised, result: Opened, name: str, *, given: bool) -> Inspection:
    """Answer for a key that fits, as it is or fixed."""
    fixes = [fix.sentence for fix in found.fixes]
    if result.was_locked:
        fixes.append("Decrypted with the passphrase.")
    if found.algorithm == "RSA-PSS":
        fixes.append("Its mark for RSA-PSS was made plain RSA.")
    if found.kind in _CONVERTED:
        fixes.append(_CONVERTED[found.kind])
    if found.is_json:
        about = f"An RSA key of {result.bits:,} bits, made for a Google service account"
    else:
        about = f"An RSA key of {result.bits:,} bits in {container_name(found)}"
    if not fixes:
        sentence = f"{about}, as Snowflake needs it."
    elif result.was_locked:
        sentence = f"{about}. It was decrypted in memory; your file is not changed."
    elif found.kind in _CONVERTED:
        sentence = f"{about}. Snowflake needs PKCS#8: it was converted in memory; your file is not changed."
    else:
        sentence = f"{about}. Fixed in memory; your file is unchanged."
    if given and not result.was_locked:
        sentence += " It is not encrypted: the passphrase was not needed."
    verdict = Verdict.FIXED if fixes else Verdict.FITS
    return _answer(found, result, verdict, sentence, tuple(fixes), command_for(found, name))


def _answer(
    found: Recognised, key: Opened, verdict: Verdict, sentence: str, fixes: tuple[str, ...] = (), command: str = ""
) -> Inspection:
    remedy = _REGISTER
    if found.is_json:
        remedy = "For Snowflake, rather make a pair of its own with `backhaul key generate`; for BigQuery, give the whole file."
    return Inspection(
        found=found_name(found),
        kind=Kind.SERVICE_ACCOUNT if found.is_json else found.kind,
        verdict=verdict,
        sentence=sentence,
        remedy=remedy,
        fixes=fixes,
        algorithm="RSA",
        bits=key.bits,
        key=key.key,
        public_key=key.public_key,
        fingerprint=key.fingerprint,
        command=command,
    )


def _refused(
    found: Recognised,
    words: Words,
    name: str,
    *,
    failure: Failure | None = None,
    algorithm: str = "",
    bits: int | None = None,
) -> Inspection:
    """Answer for what cannot be used, or not without its passphrase."""
    is_locked = failure in {Failure.LOCKED, Failure.WRONG}
    return Inspection(
        found=found_name(found),
        kind=Kind.SERVICE_ACCOUNT if found.is_json else found.kind,
        verdict=Verdict.NEEDS_PASSPHRASE if is_locked else Verdict.REFUSED,
        sentence=words.sentence,
        remedy=words.remedy,
        fixes=tuple(fix.sentence for fix in found.fixes) if is_locked else (),
        algorithm=algorithm or found.algorithm,
        bits=bits,
        command=_command_of_refused(found, words, failure, name),
    )


def _command_of_refused(found: Recognised, words: Words, failure: Failure | None, name: str) -> str:
    """Return the command that makes it fit; where nothing does, the one that makes a new pair, where that is the remedy."""
    if failure in {Failure.LOCKED, Failure.WRONG, Failure.UNSUPPORTED} or found.kind is Kind.PUTTY:
        return command_for(found, name)
    return GENERATE if words.remedy == NEW_PAIR else ""
