"""A secret appears nowhere: sixty secrets, in each form in which a server may repeat them, through each place where a text comes out.

A place leaks when what came out holds the secret, or anything that a reader would turn back into it: by undoing escapes, base64 or
hexadecimal digits. The reader here is written with the standard library alone, and shares nothing with the product.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import html
import json
import quopri
import random
import re
import string
import textwrap
import urllib.parse
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from rich.segment import Segments

from core.alerts.texts import clean
from core.bundle.masker import Masker
from core.daemon.log import DaemonLog
from core.destinations.base import Request, Response, verdict_of_status
from core.errors import WarehouseError
from core.model import Limits
from core.redaction import remember_secret
from core.sync.delivery.transport import HttpTransport
from tests.core.sync.workshop import Workshop
from tests.projects import backhaul
from tests.servers.receiving import Receiver
from tui.crash import report
from tui.drawing import Span, fit
from tui.notices import sequence
from tui.screens.dialogs import write_rows

_CHANCE = random.Random("planted")
_SIGNS = "!#$%&'()*+,-./:;<=>?@[]^_`{|}~\"\\"


def _random(alphabet: str, length: int) -> str:
    return "".join(_CHANCE.choices(alphabet, k=length))


def _planted() -> Iterator[str]:
    """Yield sixty secrets, as destinations, warehouses and people have them."""
    words = string.ascii_letters + string.digits
    for _ in range(10):
        yield _random(words, 32)
        yield _random(words + "+/", 40) + "="
        yield f"{_random(words, 20)}:{_random(words, 24)}"
        yield _random(words + _SIGNS, 14)
        yield f"Grüße {_random(words, 9)} ✓ {_random('äöüßéñ日本', 4)}"
    yield from (_random(string.hexdigits.lower(), 40) for _ in range(4))
    yield from (f"{_random(words, 10)}\\{_random(words, 5)}/{_random(words, 3)}\"'&<>%41" for _ in range(4))
    for _ in range(2):
        lines = [_random(words + "+/", 64) for _ in range(12)]
        yield "\n".join(["-----BEGIN PRIVATE KEY-----", *lines, "-----END PRIVATE KEY-----", ""])


PLANTED = tuple(_planted())


def _json(secret: str) -> str:
    """Write each character as JSON may write it, and a slash behind a backslash."""
    return "".join(r"\/" if each == "/" else f"\\u{unit:04x}" for each in secret for unit in _units(each))


def _units(character: str) -> list[int]:
    raw = character.encode("utf-16-be")
    return [int.from_bytes(raw[place : place + 2]) for place in range(0, len(raw), 2)]


FORMS: Mapping[str, Callable[[str], str]] = {
    "as it is": lambda secret: secret,
    "JSON": _json,
    "JSON in JSON": lambda secret: json.dumps(json.dumps(secret))[1:-1],
    "URL": lambda secret: "".join(f"%{byte:02X}" for byte in secret.encode()),
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "Basic": lambda secret: "Basic " + base64.b64encode(b"ann:" + secret.encode()).decode(),
    "HTML": lambda secret: "".join(f"&#{ord(each)};" if each.isalnum() else html.escape(each) for each in secret),
    "hexadecimal": lambda secret: secret.encode().hex(),
    "HEXADECIMAL": lambda secret: secret.encode().hex().upper(),
    "in capitals": lambda secret: secret.upper() if secret.isascii() and "\n" not in secret else secret,
    "base64 in lines": lambda secret: "\n".join(textwrap.wrap(base64.b64encode(secret.encode()).decode(), 16)),
    "base64 twice": lambda secret: base64.b64encode(base64.b64encode(secret.encode())).decode(),
    "digits in pairs": lambda secret: secret.encode().hex(":"),
    "quoted-printable": lambda secret: "".join(f"={byte:02X}" for byte in secret.encode()),
    "HTML without its end": lambda secret: "".join(f"&#{ord(each):05}" for each in secret) + " ",
    "all but the last": lambda secret: secret if "\n" in secret or ":" in secret else secret[:-1],
    "the second half": lambda secret: max(
        (secret, *secret.split(":")[1:]), key=lambda half: 8 <= len(half) < len(secret)
    ),
}


def _readings(text: str) -> Iterator[str]:
    """Yield what a text says to someone who undoes its escapes, its base64 and its digits, in whatever order."""
    seen, layers = {text}, [text]
    for _ in range(3):
        for layer in layers:
            yield layer
            for decoded in _decoded(layer):
                yield decoded
                yield from _decoded(decoded)
        layers = [undone for layer in layers for undo in UNDONE for undone in (undo(layer),) if undone not in seen]
        layers = list(dict.fromkeys(layers))
        seen.update(layers)


UNDONE: tuple[Callable[[str], str], ...] = (
    lambda text: re.sub(
        r"((?:\\u[0-9a-fA-F]{4})+)|\\(n)|\\([\\/\"'])",
        lambda found: json.loads(f'"{found[1]}"') if found[1] else "\n" if found[2] else found[3],
        text,
    ),
    urllib.parse.unquote,
    html.unescape,
    lambda text: re.sub(r"[\r\n]+[ \t]*|(?<=[0-9a-fA-F]{2}):(?=[0-9a-fA-F]{2})", "", text),
    lambda text: (
        quopri.decodestring(text.encode("utf-8", "replace")).decode("utf-8", "replace") if "=" in text else text
    ),
)


def _decoded(text: str) -> Iterator[str]:
    """Yield what the words of a text are in base64, wherever it begins, and in hexadecimal digits."""
    for word in re.findall(r"[A-Za-z0-9+/_-]{8,}", text):
        for skipped in range(4):
            body = word[skipped:].replace("-", "+").replace("_", "/")
            body = body[:-1] if len(body) % 4 == 1 else body
            yield base64.b64decode(body + "=" * (-len(body) % 4)).decode("utf-8", "replace")
        if re.fullmatch(r"(?:[0-9a-fA-F]{2})+", word):
            yield bytes.fromhex(word).decode("utf-8", "replace")


def leaked(text: str, secrets: Iterator[str] | tuple[str, ...] = PLANTED) -> list[str]:
    """Give the secrets that someone can read in a text."""
    read = "\n".join(_readings(text))
    halves = {half: secret for secret in secrets for half in (secret, *secret.split(":")) if len(half) >= 8}
    lines = {line: half for half in halves for line in half.splitlines() if len(line) >= 16 and "-----" not in line}
    read = read.lower()
    return [each for each in {**halves, **lines} if each[: max(8, len(each) - 1)].lower() in read]


@pytest.fixture
def planted() -> None:
    for secret in PLANTED:
        remember_secret(secret)


def _error(text: str, _folder: Path) -> str:
    error = WarehouseError(f"no login: {text}", remedy=f"not {text}", where=text)
    return f"{error} {error.args} {error!r}"


def _drawn(text: str, _folder: Path) -> str:
    return "".join(span.text for span in fit((Span(f"it says {text}"),), 100_000))


def _logged(text: str, folder: Path) -> str:
    with contextlib.closing(DaemonLog(folder / "daemon.jsonl")) as log:
        log("warn", "a run failed", error=text, more=[text, {"reply": text}])
    return (folder / "daemon.jsonl").read_text()


def _in_bundle(text: str, _folder: Path) -> str:
    masker = Masker((), ())
    return masker.text(text) + json.dumps(masker.document({"reply": text, "code": text}, kept=("code",)))


def _told(text: str, _folder: Path) -> str:
    return clean(f"seg refused it: {text}")


def _notified(text: str, _folder: Path) -> str:
    return sequence(text, {})


def _crashed(text: str, folder: Path) -> str:
    try:
        raise RuntimeError(text)
    except RuntimeError:
        said: Segments = report(folder)
    (file,) = (folder / "logs").glob("console-*.log")
    written = file.read_text()
    file.unlink()
    return written + "".join(segment.text for segment in said.segments)


def _saved_as_csv(text: str, folder: Path) -> str:
    (folder / "rows.csv").unlink(missing_ok=True)
    write_rows(folder / "rows.csv", ["reason"], [[text]])
    return (folder / "rows.csv").read_text()


def _saved_as_json(text: str, folder: Path) -> str:
    (folder / "rows.jsonl").unlink(missing_ok=True)
    write_rows(folder / "rows.jsonl", ["reason"], [[text]])
    return (folder / "rows.jsonl").read_text()


PLACES: Mapping[str, Callable[[str, Path], str]] = {
    "an error": _error,
    "the console": _drawn,
    "the daemon's log": _logged,
    "a bundle": _in_bundle,
    "an alert": _told,
    "a terminal's notice": _notified,
    "the report of a crash": _crashed,
    "rows saved as CSV": _saved_as_csv,
    "rows saved as JSON": _saved_as_json,
}


def test_the_reader_finds_what_is_there() -> None:
    """Else nothing below would mean anything: each form of each secret is read where nothing was blacked out."""
    for form in FORMS.values():
        for secret in PLANTED:
            assert leaked(f'{{"message": "{form(secret)}"}}'), secret


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.usefixtures("planted")
def test_a_secret_comes_out_nowhere(place: str, form: str, tmp_path: Path) -> None:
    for secret in PLANTED:
        text = f'401 {{"message": "bad key {FORMS[form](secret)}, ask ann"}}'
        came_out = PLACES[place](text, tmp_path)
        (tmp_path / "daemon.jsonl").unlink(missing_ok=True)
        assert leaked(came_out) == [], (form, secret)
        assert "401" in came_out, came_out


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.usefixtures("planted")
def test_a_reply_holds_none_of_what_it_repeats(form: str, receiver: Receiver) -> None:
    async def replies() -> list[Response]:
        async with HttpTransport(Limits(timeout=10)) as transport:
            return [await transport.send(Request(url=receiver.url, body=b"{}"), None) for _ in PLANTED]

    bodies = [f'{{"message": "bad key {FORMS[form](secret)}, ask ann"}}' for secret in PLANTED]
    receiver.behave(*[{"status": 401, "body": body} for body in bodies])
    for response in asyncio.run(replies()):
        assert leaked(response.body.decode()) == []
        assert leaked(verdict_of_status(response).reason) == []


@pytest.mark.usefixtures("planted")
def test_what_a_reply_repeats_is_in_no_file_and_no_answer_of_a_command(workshop: Workshop) -> None:
    """The reply is stored with the rejected row: in the store, its write-ahead log and what commands print of it."""
    workshop.people(len(PLANTED))
    workshop.sync()
    bodies = 0
    for number, form in enumerate(FORMS.values()):
        some = PLANTED[number % 5 :: 5]
        for first in range(0, len(some), 4):
            said = [f"bad key {form(secret)}, ask ann" for secret in some[first : first + 4]]
            errors = ", ".join(f'{{"message": "{each}"}}' for each in said)
            workshop.receiver.refuse('"u_1', body=f'{{"message": "{" ".join(said)}", "errors": [{errors}]}}')
            workshop.run(replay=bodies > 0)
            bodies += 1
    assert bodies == 3 * len(FORMS)
    found = workshop.rows("rejected_of_sync", sync="id-people", limit=1_000)
    assert len(found) == 11
    assert all("bad key" in row["response"] for row in found)
    state = b"".join(file.read_bytes() for file in (workshop.folder / ".backhaul").rglob("*") if file.is_file())
    assert leaked(state.decode("latin-1")) == []
    said = [
        backhaul(*words, folder=workshop.folder)
        for words in (("rejected", "people", "--json"), ("rejected", "people"), ("status",), ("runs", "--json"))
    ]
    assert leaked("".join(done.out + done.err for done in said)) == []


def test_the_files_of_a_bundle_hold_none(workshop: Workshop, tmp_path: Path) -> None:
    for secret in PLANTED:
        remember_secret(secret)
    workshop.people(3)
    workshop.sync()
    workshop.receiver.refuse('"u_1"', body=json.dumps({"message": " ".join(map(FORMS["JSON"], PLANTED[:20]))}))
    workshop.run()
    file = tmp_path / "bundle.zip"
    (run,) = workshop.rows("runs_of_sync", sync="id-people", limit=1)
    done = backhaul("bundle", run["id"], "--to", file, folder=workshop.folder)
    with contextlib.closing(zipfile.ZipFile(file)) as packed:
        texts = [packed.read(name).decode() for name in packed.namelist()]
    assert done.code == 0
    assert leaked("".join(texts)) == []
