"""What the credential's step says of a secret: what is needed, what it is, how its public half is registered, where it goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tui.drawing import Line, Span, heading, line, wrapped
from tui.screens.wizard.draft import Draft

if TYPE_CHECKING:
    from tui.screens.wizard.setup import Setup

__all__ = ["credential_help", "fact_lines", "place_lines"]


def fact_lines(facts: Mapping[str, Any], width: int, *, key: str, whole: bool) -> list[Line]:
    """Say what a secret is, and how its public half is registered. `whole`: there is room for the whole statement."""
    fits = bool(facts.get("fits"))
    sentence = str(facts.get("sentence", ""))
    lines: list[Line] = []
    if facts.get("found"):
        sign = Span("✓ ", "ok") if fits else Span("! ", "warn")
        lines.append(line(sign, Span(str(facts["found"]), "bold text")))
    if facts.get("tried"):
        lines += wrapped("This passphrase does not open it.", width, "warn", indent=2)
    elif sentence:
        lines += wrapped(sentence, width, "text" if fits else "warn", indent=2)
    for fix in facts.get("mends", ()):
        if str(fix).split()[0].lower() not in sentence:  # "converted", "decrypted": the sentence tells it already
            lines += wrapped(str(fix), width, "muted", indent=2)
    if facts.get("remedy") and not facts.get("statement"):  # with a statement, that is what is to be done
        lines += wrapped(str(facts["remedy"]), width, "muted", indent=2)
    if facts.get("warning"):
        lines += wrapped(str(facts["warning"]), width, "warn", indent=2)
    if facts.get("command"):
        lines += wrapped(f"in a shell: {facts['command']}", width, "muted", indent=2)
    if facts.get("statement"):
        lines += _registering(facts, width, key, whole=whole)
    return lines


def _registering(facts: Mapping[str, Any], width: int, key: str, *, whole: bool) -> list[Line]:
    statement = str(facts["statement"])
    lines = [Line(), heading("Register the public half in Snowflake", ("once, as an administrator", "muted"))]
    lines += wrapped(statement, width) if whole else [line(Span(statement, "text"))]
    lines.append(line(Span("fingerprint  ", "muted"), str(facts["fingerprint"])))
    lines.append(line(Span(key, "bold text"), ("  copies the statement", "muted")))
    return lines


def place_lines(page: Setup, draft: Draft, width: int) -> list[Line]:
    """Say where the secrets go, or where they are read from; where that is to be chosen, why, and what each place asks for."""
    place = page.place
    names = [page.secret_name(name) for name in draft.needed()]
    known: Mapping[str, Mapping[str, str]] = place["places"]
    if place["usable"] and page.keeps_secrets:
        return wrapped(f"It goes to {place['place']}, never into a file.", width, "muted")
    if place["usable"]:
        where = [known[str(place["from"])].get(name, str(place["place"])) for name in names]
        return [
            *wrapped(f"This project reads it from {' and '.join(where)}.", width, "muted"),
            *wrapped("What you enter here is for the test only, and is not stored.", width, "muted"),
        ]
    lines = [line(Span("! ", "warn"), Span(str(place["message"]), "bold text"))]
    if place["locked"]:
        lines += wrapped(f"{place['remedy']} Or choose another place:", width, "muted", indent=2)
    else:
        lines += wrapped("Choose where Backhaul reads this project's secrets instead.", width, "muted", indent=2)
    where = [known[draft.secrets_from].get(name, "") for name in names] if draft.secrets_from in known else []
    match draft.secrets_from:
        case "environment":
            lines += [each for text in where for each in wrapped(f"Set {text} where Backhaul runs.", width, indent=2)]
        case "systemd":
            credentials = [text.rpartition(" ")[2] for text in where]
            lines += wrapped("Add this to its unit, with the file of the secret:", width, indent=2)
            for name in credentials:
                lines += wrapped(f"LoadCredential={name}:/path/to/file", width, "bold text", indent=2)
        case "command":
            words = "It has to print the secret and nothing else; {name} becomes " + " or ".join(names) + "."
            lines += wrapped(words, width, indent=2)
        case _:
            return lines
    return [*lines, *wrapped("What you enter here is for the test only, and is not stored.", width, "muted", indent=2)]


def credential_help(page: Setup, draft: Draft, width: int) -> list[Line]:
    """Say what is needed and where it is found, and what an administrator runs for it."""
    lines = [heading("What is needed")]
    for name in draft.needed():
        lines += wrapped(f"{draft.plugin.secrets[name][:1].upper()}{draft.plugin.secrets[name][1:]}.", width)
        if words := draft.plugin.where_to_find.get(name):
            lines += wrapped(words, width, "muted")
    if not draft.needed():
        lines += wrapped("Nothing: it has no password and no key.", width, "muted")
    if "private_key" in draft.needed():
        lines += wrapped(
            "Taken as it comes: PKCS#8, PKCS#1, encrypted, OpenSSH, DER, one line, or what a secret store gave you. Paste it, or "
            "give its path. A public key or a certificate is recognised and explained.",
            width,
            "muted",
        )
        key = page.console.keys.shown("wizard.generate", typing=True)
        lines += [Line(), line(("No key yet?  ", "muted"), Span(key, "bold text"), ("  generates a pair", "muted"))]
    if script := page.setup_script():
        lines += [Line(), heading("What an administrator runs, once"), *wrapped(script, width, "muted")]
    return lines
