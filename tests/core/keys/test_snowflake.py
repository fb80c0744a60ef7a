"""The SQL for Snowflake: what a name may be, which quotes it gets, and how a key is changed without a gap."""

from __future__ import annotations

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as some

from core import keys
from core.errors import UsageError
from tests.core.keys.made import made


@pytest.mark.parametrize(
    ("user", "written"),
    [
        ("SVC_BACKHAUL", "SVC_BACKHAUL"),
        ("svc_backhaul", "svc_backhaul"),
        (" SVC ", "SVC"),
        ("_a$1", "_a$1"),
        ("ann.smith", '"ann.smith"'),
        ("ann@example.com", '"ann@example.com"'),
        ("1st", '"1st"'),
        ("two words", '"two words"'),
        ('"exactly so"', '"exactly so"'),
        ('"with "" inside"', '"with "" inside"'),
        ('a"; DROP USER b; --', '"a""; DROP USER b; --"'),
        ('"a"; DROP USER b; --"', '"""a""; DROP USER b; --"""'),
        ("a'b", '"a\'b"'),
        ("SELECT", '"SELECT"'),
        ("order", '"order"'),
        ("if", '"if"'),
        ("jürgen", '"jürgen"'),
    ],
)
def test_a_name_gets_quotes_only_where_it_needs_them(user: str, written: str) -> None:
    key = made().public_key
    assert keys.statement(user, key) == f"ALTER USER {written} SET RSA_PUBLIC_KEY='{key}';"


@pytest.mark.parametrize("user", ["", "  ", "a\nb", "a\0b", "x" * 256, "a\u202eb", "a\x1b[31m"])
def test_a_name_that_no_user_has_is_refused(user: str) -> None:
    with pytest.raises(UsageError, match="no name of a Snowflake user"):
        keys.statement(user, made().public_key)


@given(some.text())
def test_no_name_becomes_a_second_statement(user: str) -> None:
    key = made().public_key
    try:
        text = keys.statement(user, key)
    except UsageError:
        return
    name = text.removeprefix("ALTER USER ").removesuffix(f" SET RSA_PUBLIC_KEY='{key}';")
    tokens = sqlglot.tokenize(name, read="snowflake")
    assert len(tokens) == 1


@pytest.mark.parametrize("body", ["", "short", "A" * 40 + "'; DROP USER x; --", "-----BEGIN PUBLIC KEY-----", "A" * 39])
def test_a_text_that_is_no_public_key_is_refused(body: str) -> None:
    with pytest.raises(UsageError, match="no body of a public key"):
        keys.statement("SVC", body)


def test_a_body_in_lines_is_put_on_one() -> None:
    wrapped = "\n".join(made().public.splitlines()[1:-1])
    assert keys.statement("SVC", wrapped) == keys.statement("SVC", made().public_key)


def test_the_second_slot_is_the_second_property() -> None:
    assert "SET RSA_PUBLIC_KEY_2='MII" in keys.statement("SVC", made().public_key, slot=2)


def test_a_rotation_registers_the_new_key_before_it_removes_the_old_one() -> None:
    text = keys.rotation("SVC", made().public_key)
    statements = [line for line in text.splitlines() if not line.startswith("--")]
    assert statements == [keys.statement("SVC", made().public_key, slot=2), "ALTER USER SVC UNSET RSA_PUBLIC_KEY;"]
    back = keys.rotation("SVC", made().public_key, slot=1).splitlines()
    assert back[-1] == "ALTER USER SVC UNSET RSA_PUBLIC_KEY_2;"


def test_the_check_compares_the_fingerprint_that_snowflake_holds() -> None:
    text = keys.check_statement("a.b", made().fingerprint, slot=2)
    assert text.startswith('DESC USER "a.b";\n')
    assert f"= '{made().fingerprint}'" in text
    assert "\"property\" = 'RSA_PUBLIC_KEY_2_FP'" in text
    assert len(sqlglot.parse(text.partition("\n")[2], read="snowflake")) == 1
    with pytest.raises(UsageError, match="no fingerprint"):
        keys.check_statement("a", "SHA256:' OR 1=1 --")


@pytest.mark.parametrize("bits", [0, 1024, 2047, 4097, 1_000_000])
def test_a_pair_of_another_length_is_not_made(bits: int) -> None:
    with pytest.raises(UsageError, match="is not made here"):
        keys.generate(bits)


@pytest.mark.parametrize("bits", [2048, 3072])
def test_a_fresh_pair_fits(bits: int) -> None:
    fresh = keys.generate(bits)
    assert fresh.key is not None
    again = keys.inspect(fresh.key.reveal())
    assert (again.verdict, again.bits, again.fingerprint) == (keys.Verdict.FITS, bits, fresh.fingerprint)
    assert keys.generate(2048).fingerprint != fresh.fingerprint
