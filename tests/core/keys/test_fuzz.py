"""10,000 spoilt key texts: no exception, and nothing of a private key in any answer. The seed is fixed, the keys are new."""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable
from pathlib import Path

import pytest

from core import keys
from core.cli import main
from core.keys import ServiceAccount, Verdict
from core.model import Secret
from tests.core.keys.made import PASSPHRASE, PUTTY, Made, body_of, made, pem

TEXTS = 10_000
ODD = "\x00\x1b\u200b\u202e\ufeff\xa0–—“”\\\"'`{}[]:,-=+/ \t\r\n\ud800é中🙂" + string.ascii_letters

Spoil = Callable[[random.Random, bytes], bytes]


def cut(chance: random.Random, text: bytes) -> bytes:
    start, end = sorted((chance.randint(0, len(text)), chance.randint(0, len(text))))
    return chance.choice([text[:end], text[start:], text[start:end], text[:start] + text[end:]])


def nibble(chance: random.Random, text: bytes) -> bytes:
    return text[chance.choice([0, 0, 1, 9, 30]) : len(text) - chance.choice([0, 1, 2, 12, 26, 64])]


def flip(chance: random.Random, text: bytes) -> bytes:
    spoilt = bytearray(text)
    for _ in range(chance.choice([1, 1, 1, 2, 8])):
        if spoilt:
            spoilt[chance.randrange(len(spoilt))] = chance.choice(
                [chance.randrange(256), ord(chance.choice(string.ascii_letters))]
            )
    return bytes(spoilt)


def insert(chance: random.Random, text: bytes) -> bytes:
    place = chance.randint(0, len(text))
    added = "".join(chance.choices(ODD, k=chance.choice([1, 1, 2, 20]))).encode("utf-8", "surrogatepass")
    return text[:place] + added + text[place:]


def double(chance: random.Random, text: bytes) -> bytes:
    return chance.choice([text + text, text + b"\n" + text, text + chance.choice(pool())])


def shuffle(chance: random.Random, text: bytes) -> bytes:
    lines = text.split(b"\n")
    chance.shuffle(lines)
    return b"\n".join(lines)


def splice(chance: random.Random, text: bytes) -> bytes:
    other = chance.choice(pool())
    return text[: chance.randint(0, len(text))] + other[chance.randint(0, len(other)) :]


def recode(chance: random.Random, text: bytes) -> bytes:
    plain = text.decode("latin-1")
    return chance.choice(
        [
            lambda: plain.encode("utf-16"),
            lambda: plain.encode("utf-16-be"),
            lambda: plain.encode("utf-8"),
            lambda: base64.b64encode(text),
            lambda: base64.encodebytes(text),
            lambda: json.dumps(plain).encode(),
            lambda: json.dumps({"private_key": plain}).encode(),
            lambda: text.replace(b"\n", b"\\n"),
            lambda: text.replace(b"\n", b"\r\n"),
            lambda: text.replace(b"\n", b" "),
            lambda: text.replace(b"\n", b""),
            lambda: text.replace(b"-----", chance.choice([b"-", b"----", b"", "—".encode()])),
            text.swapcase,
            lambda: text[::-1],
            lambda: b"KEY=" + text,
            lambda: text.replace(b"\n", b"\n    "),
            lambda: text.hex().encode(),
        ]
    )()


def relabel(chance: random.Random, text: bytes) -> bytes:
    labels = [
        b"PRIVATE KEY",
        b"RSA PRIVATE KEY",
        b"ENCRYPTED PRIVATE KEY",
        b"OPENSSH PRIVATE KEY",
        b"CERTIFICATE",
        b"PUBLIC KEY",
    ]
    return text.replace(chance.choice(labels), chance.choice(labels))


def structure(chance: random.Random, _text: bytes) -> bytes:
    """Spoil the binary structure itself: versions, lengths, algorithms, rounds, vectors stand in the first bytes."""
    m = made()
    container = pool()[-1]  # PKCS#12
    openssh = [base64.b64decode(body_of(text)) for text in (m.openssh, m.openssh_encrypted)]
    content = bytearray(
        chance.choice([m.pkcs8_der, m.pkcs1_der, m.encrypted_der, m.encrypted_der, container, *openssh])
    )
    for _ in range(chance.choice([1, 1, 2, 3])):
        place = chance.randrange(chance.choice([40, 150, len(content)]))
        if chance.random() < 0.7:
            content[place] = chance.choice(
                [0, 1, 2, 3, 4, 0x30, 0x7F, 0x80, 0x82, 0xFF, content[place] ^ 1, chance.randrange(256)]
            )
        else:
            del content[place]
    labels = ["PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "OPENSSH PRIVATE KEY"]
    return bytes(content) if chance.random() < 0.5 else pem(chance.choice(labels), bytes(content)).encode()


SPOILS: list[Spoil] = [cut, nibble, flip, insert, double, shuffle, splice, recode, relabel, structure]
SPOILS += [nibble, flip, insert, recode]  # these leave most of a text, and are the more telling
_POOL: list[bytes] = []


def pool() -> list[bytes]:
    """Return the real texts that are spoilt; PKCS#12 takes longest to open, so it stands there once."""
    if not _POOL:
        m: Made = made()
        texts = [m.pkcs8, m.pkcs1, m.openssh, m.encrypted, m.legacy, m.openssh_encrypted, m.service_account]
        texts += [PUTTY.format(kind="ssh-rsa", encryption="none", private=body_of(m.pkcs1)), m.public, m.certificate]
        texts += [m.pkcs8.replace("\n", "\\n"), body_of(m.pkcs8), f"KEY='{m.pkcs1}'", json.dumps(m.account())]
        _POOL.extend(text.encode() for text in texts)
        _POOL.extend([m.pkcs8_der, m.pkcs1_der, m.encrypted_der, m.pkcs12()])
    return _POOL


def spoilt(chance: random.Random) -> bytes:
    text = chance.choice(pool())
    for _ in range(chance.choice([1, 1, 2, 3])):
        text = chance.choice(SPOILS)(chance, text)
    return text


def material(chance: random.Random) -> bytes | str:
    """Return a spoilt text as bytes, or as the text that someone might paste."""
    text = spoilt(chance)
    return text if chance.random() < 0.6 else text.decode(chance.choice(["utf-8", "latin-1"]), "surrogateescape")


@pytest.mark.slow
def test_ten_thousand_spoilt_texts_raise_nothing_and_tell_nothing() -> None:
    chance = random.Random(20261122)
    verdicts = dict.fromkeys(Verdict, 0)
    for number in range(TEXTS):
        text = material(chance)
        passphrase = chance.choice([None, None, Secret(PASSPHRASE), Secret("wrong"), Secret("\ud800\x00" * 9)])
        found = keys.inspect(text, passphrase)
        verdicts[found.verdict] += 1
        assert made().tells(repr(found)) == "", f"text {number} is told"
        assert (found.key is not None) == (found.verdict in {Verdict.FITS, Verdict.FIXED})
        if found.key is not None:
            assert found.fingerprint == made().fingerprint, f"text {number} became another key"
    assert verdicts[Verdict.FITS] > 5, verdicts  # the texts were spoilt neither too little nor too much
    assert min(verdicts[Verdict.FIXED], verdicts[Verdict.NEEDS_PASSPHRASE], verdicts[Verdict.REFUSED]) > 400, verdicts


def test_the_search_for_told_keys_finds_them() -> None:
    m = made()
    whole = body_of(m.pkcs8)
    prime = m.key.private_numbers().p
    for told in (
        m.pkcs8,
        m.pkcs1,
        m.legacy,
        whole[700:712],
        f"x{prime:x}",
        f"{prime:X}"[40:60],
        str(prime),
        m.pkcs1_der.decode("latin-1"),
    ):
        assert m.tells(told), told[:4]
    for escape_control_chars in (m.public_key, m.fingerprint, whole[700:711], "-----BEGIN PRIVATE KEY-----"):
        assert not m.tells(escape_control_chars)


def test_two_thousand_spoilt_files_of_service_accounts_raise_nothing_and_tell_nothing() -> None:
    chance = random.Random(7)
    fitting = 0
    for number in range(2_000):
        text = chance.choice([made().service_account, json.dumps(made().account())]).encode()
        for _ in range(chance.choice([1, 1, 2])):
            text = chance.choice(SPOILS)(chance, text)
        found = keys.service_account(text if chance.random() < 0.6 else text.decode("latin-1"))
        fitting += isinstance(found, ServiceAccount)
        assert made().tells(repr(found)) == "", f"text {number} is told"
    assert 20 < fitting < 1_900


@pytest.mark.parametrize("as_json", [False, True], ids=["for a person", "as JSON"])
def test_spoilt_files_raise_nothing_and_tell_nothing_in_the_commands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *, as_json: bool
) -> None:
    chance = random.Random(99)
    monkeypatch.setenv("BACKHAUL_KEY_PASSPHRASE", PASSPHRASE)
    for number in range(300):
        file = tmp_path / "key.pem"
        file.write_bytes(spoilt(chance))
        file.chmod(0o600)
        words = ["key", "inspect", str(file)]
        if number % 3 == 0:
            words = ["key", "convert", str(file), "--out", str(tmp_path / "key.p8"), "--force"]
        code = main([*words, *(["--json"] if as_json else [])])
        written = capsys.readouterr()
        assert code in {0, 1}
        assert "Traceback" not in written.err
        assert made().tells(written.out + written.err) == ""
        if as_json:
            assert (json.loads(written.out)["verdict"] in {"fits", "mended"}) == (code == 0)


@pytest.mark.parametrize(
    "text",
    [
        "-" * 999_999,
        "\\" * 999_999,
        "\n" * 999_999,
        "A" * 999_999,
        "[" * 999_999,
        '{"a":' * 160_000,
        "BEGIN PRIVATE KEY" * 58_000,
        "-----BEGIN PRIVATE KEY-----" + "a-" * 400_000,
        "-----BEGIN PRIVATE KEY-----" + "A" * 900_000,
        "Proc-Type: 4,ENCRYPTED " * 40_000 + "BEGIN RSA PRIVATE KEY",
        "ssh-rsa " * 120_000,
        b"\x00" * 1_000_000,
        b"\x30\x84\xff\xff\xff\xff" + b"\x30\x84" * 400_000,
        b"\x30\x83\x0f\x42\x00" + b"\x30\x80" * 499_000,
        "x" * 1_000_001,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_a_text_of_a_million_characters_is_refused(text: bytes | str) -> None:
    assert keys.inspect(text, Secret("a")).verdict is Verdict.REFUSED
    assert not isinstance(keys.service_account(text), ServiceAccount)
