"""The shell command that does to a file what was done in memory. The tests run each of them."""

from __future__ import annotations

from core.keys.recognise import Recognised
from core.keys.values import Kind
from core.quoting import shell

__all__ = ["GENERATE", "command_for", "file_beside"]

GENERATE = "openssl genrsa 2048 | openssl pkcs8 -topk8 -nocrypt -out rsa_key.p8"
_OPENSSL = "openssl pkcs8 -topk8 -nocrypt"
_BY_OPENSSL = {Kind.PKCS1, Kind.SEC1, Kind.DSA, Kind.ENCRYPTED_PKCS8, Kind.LEGACY_ENCRYPTED}
_BY_SSH = {Kind.OPENSSH, Kind.ENCRYPTED_OPENSSH}


def command_for(found: Recognised, name: str) -> str:
    """Return the command that makes an unencrypted PKCS#8 file of the file `name`; "" where the file is one already."""
    source, target = shell.file(name), shell.file(file_beside(name, ".p8"))
    match found.kind:
        case Kind.PKCS12:
            return f"openssl pkcs12 -in {source} -nocerts -nodes | {_OPENSSL} -out {target}"
        case Kind.PUTTY:
            between = shell.file(file_beside(name, ".pem"))
            return f"puttygen {source} -O private-openssh -o {between} && {_OPENSSL} -in {between} -out {target}"
    filters = [fix.shell for fix in found.fixes]
    bare_ssh = found.kind in _BY_SSH and not found.label  # ssh-keygen reads it with its first and last line only
    if found.is_json or None in filters or found.algorithm == "RSA-PSS" or bare_ssh:
        return f"backhaul key convert {source} --out {target}"
    return _piped([each for each in filters if each], found, source, target)


def file_beside(name: str, ending: str) -> str:
    """Name a file like another one with a new ending; it is never the same one."""
    stem = name.rpartition(".")[0] if "." in name.rpartition("/")[2].lstrip(".") else name
    return stem + ending if stem + ending != name else f"{stem}.new{ending}"


def _piped(filters: list[str], found: Recognised, source: str, target: str) -> str:
    """Write the filters one behind the other, and then the tool that reads this kind of key."""
    is_der = found.is_binary or bool(filters and filters[-1] == "base64 -d" and not found.label)
    pipe = " | ".join(f"{each} < {source}" if not index else each for index, each in enumerate(filters))
    if found.kind in _BY_SSH:
        copied = f"(umask 077; {pipe or f'cat {source}'} > {target})"
        return f"{copied} && ssh-keygen -p -m PKCS8 -N '' -f {target}"
    if found.kind in _BY_OPENSSL or is_der:
        form = " -inform DER" if is_der else ""
        return f"{pipe} | {_OPENSSL}{form} -out {target}" if pipe else f"{_OPENSSL}{form} -in {source} -out {target}"
    return f"(umask 077; {pipe} > {target})" if pipe else ""
