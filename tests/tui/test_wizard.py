"""The guided set-up, step by step: what is pasted and taken over, what each key text is said to be, where secrets go."""

from __future__ import annotations

import asyncio
import json
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from core.redaction import without_secrets
from tests.core.keys.made import PASSPHRASE, Made
from tests.projects import ProjectFolder
from tests.servers.receiving import Receiver
from tests.tui import acme
from tests.tui.guided import begin, choose, fill, keyring_in_memory, paste
from tests.tui.harness import check_snapshot, screen_text, until
from tui.app import Console
from tui.bridge import Bridge
from tui.messages import Refused
from tui.screens.wizard import WizardPage
from tui.widgets.table import Table

SIZES = [(80, 24), (160, 45)]
PASSWORD = "Zq7 wizard'pass/word@1"
URI = "postgresql://ann:Zq7%20wizard%27pass%2Fword%401@db.acme.example:6432/app?sslmode=require"
HIDDEN = [r"[A-Za-z0-9+/=…]{30,}(?:';)?", r"SHA256:[A-Za-z0-9+/=]+", r"[A-Za-z0-9+/]{8,}AQAB';"]
SETTINGS = {"account": "MYORG-ACME", "user": "SVC", "role": "READER", "warehouse": "WH", "database": "ANALYTICS"}


@pytest.fixture(scope="module")
def made() -> Made:
    return Made()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, still: None) -> Path:
    """A project without anything, on a host with a keyring."""
    for name, value in keyring_in_memory(tmp_path / "kept").items():
        monkeypatch.setenv(name, value)
    project = acme.make_empty(tmp_path / "empty").folder
    (project / "backhaul.toml").write_text('name = "acme"\n', "utf-8")
    return project


@pytest.fixture
def no_keyring(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")


@pytest.fixture
def passing(monkeypatch: pytest.MonkeyPatch) -> None:
    steps(monkeypatch, ("name", True, "db.acme.example is 192.0.2.7", ""), ("login", True, "as ann into app", ""))


def steps(monkeypatch: pytest.MonkeyPatch, *told: tuple[str, bool, str, str]) -> None:
    """Let the test of a connection find this, whatever is there."""
    ask = Bridge.ask

    async def answered(
        self: Bridge, do: str, part: Callable[..., None] | None = None, **values: Any
    ) -> Mapping[str, Any]:
        if do != "check":
            return await ask(self, do, part, **values)
        assert part is not None
        for name, passed, detail, remedy in told:
            part({"name": name, "passed": passed, "detail": detail, "remedy": remedy, "seconds": 0.012})
        return {"passed": all(passed for _, passed, _, _ in told)}

    monkeypatch.setattr(Bridge, "ask", answered)


async def to_key(pilot: Pilot[int]) -> WizardPage:
    """Go to where a private key is asked for."""
    page = await begin(pilot)
    await choose(pilot, "snowflake")
    await fill(pilot, **SETTINGS)
    await pilot.press("pagedown")
    await until(pilot, "It goes to the keyring")
    return page


def one_line(pilot: Pilot[int]) -> str:
    """Return the text of the screen's left side as one line."""
    app = pilot.app
    assert isinstance(app, Console)
    return " ".join(" ".join(line.split("│")[0] for line in screen_text(app).split("\n")).split())


async def test_a_pasted_connection_string_fills_the_fields_and_its_password_is_never_drawn(folder: Path) -> None:
    app = Console(folder)
    async with app.run_test(size=(100, 30)) as pilot:
        page = await begin(pilot)
        entry = page.query_one("#paste", Input)
        entry.focus()
        for end in range(12, len(URI) + 1, 3):  # as it is being typed
            entry.value = URI[:end]
            await pilot.pause()
            assert "Zq7" not in screen_text(app)
            assert "wizard" not in screen_text(app)
        entry.value = URI
        await pilot.press("enter")
        await until(pilot, "Taken over from the pasted text")
        for value in ("db.acme.example", "6432", "ann", "app", "‹ require ›"):
            assert value in screen_text(app)
        await pilot.press("pagedown")
        await until(pilot, "hidden; from the pasted text")
        assert PASSWORD not in screen_text(app)
        assert without_secrets(f"a server repeats {PASSWORD}") == "a server repeats ••••••"
        assert page.draft.held["password"]


async def test_what_is_no_connection_string_is_told_and_nothing_is_taken(folder: Path) -> None:
    app = Console(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        page = await begin(pilot)
        await until(pilot, lambda: page.query_one("#kinds", Table).has_focus)
        await paste(pilot, "mysql://me@db/app")
        await until(pilot, "no connection string that is known here")
        assert page.draft.at == 0


async def test_a_connection_of_another_tool_is_taken_over_with_its_secret(folder: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    (home / ".pg_service.conf").write_text("[shop]\nhost=db.acme.example\ndbname=app\nuser=ann\n", "utf-8")
    (home / ".pgpass").write_text(f"db.acme.example:*:app:ann:{PASSWORD}\n", "utf-8")
    (home / ".pgpass").chmod(0o600)
    app = Console(folder)
    async with app.run_test(size=(120, 40)) as pilot:
        page = await begin(pilot)
        await until(pilot, "✓ found")
        await until(pilot, lambda: page.query_one("#kinds", Table).has_focus)
        await pilot.press("end", "enter")
        await until(pilot, "Taken over from")
        assert "db.acme.example" in screen_text(app)
        await pilot.press("pagedown")
        await until(pilot, "hidden; from")
        assert page.draft.held["password"]
        assert PASSWORD not in screen_text(app)


async def test_a_draft_is_kept_without_its_secret_and_gone_on_with(folder: Path) -> None:
    app = Console(folder)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await begin(pilot)
        await choose(pilot, "postgres")
        await fill(pilot, name="shop", host="db.acme.example", database="app", user="ann")
        await pilot.press("pagedown")
        await until(pilot, "goes to the keyring")
        await fill(pilot, password=PASSWORD)
        await pilot.press("escape")
        await until(pilot, "Leave the set-up?")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, WizardPage))
        await pilot.press("escape")
        await until(pilot, "without secrets")
        await pilot.press("enter")
        await until(pilot, "shop is saved as a draft")
        draft = (folder / ".backhaul" / "drafts" / "source.json").read_text("utf-8")
        assert "wizard" not in draft
        page = await begin(pilot)
        await until(pilot, "It was saved as a draft, without its secret")
        assert page.draft.texts["host"] == "db.acme.example"
        assert not page.draft.held


RAW = "postgresql://ann:Zq7/wizard#p@ss:1@db.acme.example:6432/app"


async def kept_draft(folder: Path, pilot: Pilot[int]) -> WizardPage:
    """Open the set-up on a draft that was kept: at the second step, the name's field has the keys."""
    drafts = folder / ".backhaul" / "drafts"
    drafts.mkdir(parents=True)
    known = {"type": "postgres", "name": "shop", "texts": {"host": "db", "database": "a", "user": "b"}, "origin": ""}
    (drafts / "source.json").write_text(json.dumps(known), "utf-8")
    page = await begin(pilot)
    await until(pilot, lambda: page.focused is not None and page.focused.id == "field-name")
    return page


async def test_a_connection_string_that_is_pasted_into_the_name_is_taken_for_what_it_is(folder: Path) -> None:
    app = Console(folder)
    async with app.run_test(size=(100, 30)) as pilot:
        page = await kept_draft(folder, pilot)
        await paste(pilot, RAW)
        await until(pilot, "db.acme.example")
        assert page.query_one("#field-name", Input).value == "shop"
        assert page.draft.held["password"]
        assert "Zq7" not in screen_text(app)
        await pilot.press("escape")
        await until(pilot, "Leave the set-up?")
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(app.screen, WizardPage))
    assert "Zq7" not in (folder / ".backhaul" / "drafts" / "source.json").read_text("utf-8")


async def test_what_may_be_a_password_is_neither_drawn_nor_kept_in_whichever_field_it_is_typed(folder: Path) -> None:
    app = Console(folder)
    async with app.run_test(size=(100, 30)) as pilot:
        page = await kept_draft(folder, pilot)
        for name in ("name", "host"):
            entry = page.query_one(f"#field-{name}", Input)
            entry.focus()
            for end in range(len("postgresql://ann:"), len(RAW) + 1, 4):
                entry.value = RAW[:end]
                await pilot.pause()
                assert "Zq7" not in screen_text(app)
                assert "wizard" not in screen_text(app)
            entry.value = RAW
            await until(pilot, "This looks like a password")
        await pilot.press("pagedown")
        await pilot.pause()
        assert page.draft.at == 1
        await pilot.press("escape")
        await until(pilot, "Leave the set-up?")
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(app.screen, WizardPage))
    assert "wizard" not in (folder / ".backhaul" / "drafts" / "source.json").read_text("utf-8")
    assert not (folder / "sources").exists() or not list((folder / "sources").iterdir())


async def test_a_connection_string_that_can_be_read_in_two_ways_is_asked_about(folder: Path) -> None:
    app = Console(folder)
    async with app.run_test(size=(100, 30)) as pilot:
        page = await begin(pilot)
        await until(pilot, lambda: page.query_one("#kinds", Table).has_focus)
        await paste(pilot, "postgresql://ann:12/wizard@db.acme.example/app")
        await until(pilot, "can be read in more than one way")
        await until(pilot, "%40")
        assert page.draft.at == 0
        assert "wizard" not in screen_text(app)


async def test_without_a_keyring_a_generated_key_goes_to_a_file_that_is_named_or_is_not_generated(
    folder: Path, no_keyring: None, tmp_path: Path
) -> None:
    app = Console(folder)
    async with app.run_test(size=(100, 40)) as pilot:
        page = await begin(pilot)
        await choose(pilot, "snowflake")
        await fill(pilot, **SETTINGS)
        await pilot.press("pagedown")
        await until(pilot, "This host has no keyring")
        await pilot.press("alt+m")
        await until(pilot, "Write the private key to")
        await pilot.press("escape")
        await until(pilot, lambda: any("No key was generated" in said for _at, _meaning, said in app.said))
        assert not page.draft.held
        assert "ALTER USER" not in screen_text(app)
        file = tmp_path / "rsa_key.p8"
        for place, said in ((folder / "rsa_key.p8", "made for git"), (tmp_path / "none" / "x.p8", "not there")):
            await pilot.press("alt+m")
            await until(pilot, "Write the private key to")
            app.screen.query_one(Input).value = str(place)
            await pilot.press("enter")
            await until(pilot, said)
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is page)
            assert not page.draft.held
        await pilot.press("alt+m")
        await until(pilot, "Write the private key to")
        app.screen.query_one(Input).value = str(file)
        await pilot.press("enter")
        await until(pilot, "ALTER USER")
        assert not page.changed
    assert file.stat().st_mode & 0o777 == 0o600
    assert "PRIVATE KEY" in file.read_text("utf-8")
    assert not (folder / "rsa_key.p8").exists()


async def test_a_generated_key_that_is_stored_nowhere_is_not_left_without_a_question(folder: Path) -> None:
    app = Console(folder)
    async with app.run_test(size=(100, 40)) as pilot:
        page = await to_key(pilot)
        await pilot.press("alt+m")
        await until(pilot, "ALTER USER")
        for key in ("escape", "alt+m", "ctrl+q"):
            await pilot.press(key)
            await until(pilot, "Discard the generated key?" if key != "ctrl+q" else "Discard unsaved changes?")
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is page)
        assert page.draft.held["private_key"]


async def test_a_secret_that_the_keyring_does_not_take_stays_until_it_is_written(
    folder: Path, passing: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    app = Console(folder)
    async with app.run_test(size=(100, 40)) as pilot:
        page = await begin(pilot)
        await choose(pilot, "postgres")
        await fill(pilot, host="db.acme.example", database="app", user="ann")
        await pilot.press("pagedown")
        await until(pilot, "It goes to the keyring")
        await fill(pilot, password=PASSWORD)
        await pilot.press("pagedown")
        await until(pilot, "all passed")
        await pilot.press("pagedown")
        await until(pilot, "goes to the keyring, service 'backhaul: acme'")
        ask = Bridge.ask

        async def refusing(self: Bridge, do: str, part: Any = None, **values: Any) -> Mapping[str, Any]:
            if do == "secret_set":
                raise Refused({"message": "The keyring is locked.", "remedy": "Unlock it."})
            return await ask(self, do, part, **values)

        monkeypatch.setattr(Bridge, "ask", refusing)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: any("its secret is not. The keyring is locked." in each[2] for each in app.said))
        assert app.screen is page
        assert page.draft.held["password"]
        await pilot.press("alt+u")
        await until(pilot, "Write the password to")
        app.screen.query_one(Input).value = str(tmp_path / "password")
        await pilot.press("enter")
        await until(pilot, lambda: page.draft.written != {})
    assert (tmp_path / "password").read_text("utf-8") == PASSWORD
    assert (tmp_path / "password").stat().st_mode & 0o777 == 0o600


async def test_a_password_that_is_stored_nowhere_is_said_to_be_so_before_and_after_it_is_saved(
    folder: Path, no_keyring: None, passing: None
) -> None:
    app = Console(folder)
    async with app.run_test(size=(100, 40)) as pilot:
        page = await begin(pilot)
        await choose(pilot, "postgres")
        await fill(pilot, host="db.acme.example", database="app", user="ann")
        await pilot.press("pagedown")
        await until(pilot, "‹ not chosen yet ›")
        await fill(pilot, password=PASSWORD)
        await pilot.press("tab", "right")
        await until(pilot, "‹ environment ›")
        await pilot.press("pagedown")
        await until(pilot, "all passed")
        await pilot.press("pagedown")
        await until(pilot, "for the test only, and is not stored")
        await until(pilot, "M-u  writes it to a file")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.screen is not page)
        assert app.said[-1][2] == (
            "postgres is saved; its password is not stored here. It is read from the environment variable "
            "BACKHAUL_SOURCES_POSTGRES_PASSWORD."
        )


async def test_a_test_that_is_running_is_stopped_by_its_key_and_not_by_esc(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, stopped = Bridge.ask, []

    async def endless(self: Bridge, do: str, part: Any = None, **values: Any) -> Mapping[str, Any]:
        if do != "check":
            return await ask(self, do, part, **values)
        try:
            await asyncio.Event().wait()
        finally:
            stopped.append(do)
        return {}

    monkeypatch.setattr(Bridge, "ask", endless)
    app = Console(folder)
    async with app.run_test(size=(100, 30)) as pilot:
        page = await begin(pilot)
        await choose(pilot, "duckdb")
        await fill(pilot, path="warehouse.duckdb")
        await pilot.press("ctrl+t")
        await until(pilot, "testing …")
        await pilot.press("escape")
        await until(pilot, lambda: any("The test is running; ^C stops it." in each[2] for each in app.said))
        assert app.screen is page
        assert stopped == []
        await pilot.press("ctrl+c")
        await until(pilot, lambda: stopped == ["check"])
        assert app.screen is page


async def test_a_wrong_passphrase_leaves_the_keys_to_its_field(folder: Path, made: Made) -> None:
    app = Console(folder)
    async with app.run_test(size=(100, 40)) as pilot:
        page = await to_key(pilot)
        await paste(pilot, made.encrypted)
        await until(pilot, "passphrase")
        await until(pilot, lambda: page.focused is not None and page.focused.id == "field-passphrase")
        await pilot.press(*"wrong", "enter")
        await until(pilot, "This passphrase does not open it.")
        assert page.focused is not None
        assert page.focused.id == "field-passphrase"
        await pilot.press(*PASSPHRASE)
        await pilot.press("enter")
        await until(pilot, lambda: bool(page.draft.held))
        await until(pilot, lambda: page.focused is not None and page.focused.id == "forward")
        assert page.draft.at == 2


async def test_a_secret_that_is_typed_beside_its_field_drives_nothing(folder: Path) -> None:
    app = Console(folder)
    async with app.run_test(size=(100, 30)) as pilot:
        page = await begin(pilot)
        await choose(pilot, "postgres")
        await fill(pilot, name="shop", host="db.acme.example", database="app", user="ann")
        await pilot.press("pagedown")
        await until(pilot, "goes to the keyring")
        for widget in (page.query_one("#back"), page.query_one("#forward"), page.query_one("#facts")):
            widget.focus()
            await until(pilot, lambda: widget.has_focus)  # noqa: B023
            said = len(app.said)
            await pilot.press(*"qQ14:?!MWKxyz rtTUVPjk/")
            await pilot.pause()
            assert app.screen is page
            assert page.draft.at == 2
            assert len(app.said) == said


async def test_what_is_found_while_its_step_goes_is_nobodys(folder: Path) -> None:
    async with Console(folder).run_test(size=(120, 40)) as pilot:
        page = await begin(pilot)
        step = page.step
        going = step.remove()
        while step.is_attached:
            await step._look()
            await asyncio.sleep(0)
        await going
        assert step.is_shown is False


async def test_a_type_that_was_only_looked_at_leaves_no_draft(folder: Path) -> None:
    app = Console(folder)
    async with app.run_test(size=(100, 30)) as pilot:
        await begin(pilot)
        await choose(pilot, "postgres")
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, WizardPage))
    assert not (folder / ".backhaul" / "drafts").exists()


async def test_leaving_by_a_tabs_key_keeps_the_draft(folder: Path) -> None:
    app = Console(folder)
    async with app.run_test(size=(100, 30)) as pilot:
        page = await begin(pilot)
        await choose(pilot, "duckdb")
        await fill(pilot, path="warehouse.duckdb")
        await pilot.press("pagedown")
        await until(pilot, "No credential is needed here")
        await until(pilot, lambda: not page.typing)
        await pilot.press("2")  # no key here: it may be part of a secret
        await pilot.press("ctrl+k")
        await until(pilot, "a command, or words")
        await pilot.press(*"sources", "enter")
        await until(pilot, "Sources and destinations")
    known = json.loads((folder / ".backhaul" / "drafts" / "source.json").read_text("utf-8"))
    assert known["texts"]["path"] == "warehouse.duckdb"


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ("pkcs8", "as Snowflake needs it."),
        ("pkcs1", "in PKCS#1. Snowflake needs PKCS#8: it was converted in memory; your file is not changed."),
        ("openssh", "in OpenSSH's own format. Snowflake needs PKCS#8: it was converted in memory"),
    ],
)
@pytest.mark.parametrize("ends", ["\n", "\r"])
async def test_a_key_that_fits_is_told_with_what_registers_it(
    folder: Path, made: Made, form: str, says: str, ends: str
) -> None:
    text = getattr(made, form)
    app = Console(folder)
    async with app.run_test(size=(160, 45)) as pilot:
        page = await to_key(pilot)
        await paste(pilot, text.replace("\n", ends))
        await until(pilot, "fingerprint  ")
        screen = one_line(pilot)
        assert says in screen
        assert "Macintosh" not in screen  # a terminal pastes carriage returns, whatever the file has
        assert f"ALTER USER SVC SET RSA_PUBLIC_KEY='{made.public_key}';" in screen.replace(" ", "").replace(
            "ALTERUSERSVCSET", "ALTER USER SVC SET "
        )
        assert made.fingerprint in screen
        assert page.query_one("#field-private_key", Input).value == ""
        assert page.step.to_copy() == f"ALTER USER SVC SET RSA_PUBLIC_KEY='{made.public_key}';"


async def test_a_locked_key_asks_for_its_passphrase_which_then_opens_it(folder: Path, made: Made) -> None:
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    lock = serialization.BestAvailableEncryption(PASSPHRASE.encode())
    app = Console(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        page = await to_key(pilot)
        await paste(pilot, made.key.private_bytes(*form, lock).decode())
        await until(pilot, "The key is encrypted")
        await until(pilot, lambda: bool(page.focused and page.focused.id == "field-passphrase"))
        await fill(pilot, passphrase="not this one")
        await until(pilot, "This passphrase does not open it.")
        await pilot.press("pagedown")
        await until(pilot, "✗")
        await fill(pilot, passphrase=PASSPHRASE)
        await until(pilot, "It was decrypted in memory")
        assert PASSPHRASE not in screen_text(app)
        assert not page.query("#field-passphrase")
        assert page.draft.held["private_key"]


async def test_what_is_typed_once_a_passphrase_is_asked_for_is_typed_there(folder: Path, made: Made) -> None:
    app = Console(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        page = await to_key(pilot)
        app.post_message(events.Paste(made.encrypted))
        while "passphrase  " not in screen_text(app):  # noqa: ASYNC110 -- it is no event
            await asyncio.sleep(0)  # each turn of the loop is looked at: a person may type in any of them
        await pilot.press(*"wrong")
        await until(pilot, lambda: page.query_one("#field-passphrase", Input).value == "wrong")
        await until(pilot, "This passphrase does not open it.")


async def test_a_public_key_is_refused_and_what_is_pasted_next_takes_its_place(folder: Path, made: Made) -> None:
    app = Console(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        page = await to_key(pilot)
        await paste(pilot, made.public)
        await until(pilot, "the public half of a pair")
        assert not page.draft.held
        await pilot.press("pagedown")
        await until(pilot, "✗ This is the public half")
        await paste(pilot, made.pkcs8)
        await until(pilot, "as Snowflake needs it.")
        assert "What stood around the key" not in screen_text(app)
        assert "••••••" not in screen_text(app)


async def test_a_path_is_attached_while_it_is_typed_and_a_key_is_not(folder: Path, made: Made, tmp_path: Path) -> None:
    file = tmp_path / "rsa_key.p8"
    file.write_text(made.pkcs1, "utf-8")
    file.chmod(0o644)
    app = Console(folder)
    async with app.run_test(size=(160, 45)) as pilot:
        page = await to_key(pilot)
        entry = page.query_one("#field-private_key", Input)
        entry.value = str(file)[:-4]
        await until(pilot, str(file)[:40])
        assert "✗" not in screen_text(app)
        await pilot.pause(0.5)
        assert entry.value == str(file)[:-4]  # what is still being typed stays
        entry.value = str(file)
        await until(pilot, "in PKCS#1")
        assert f"chmod 600{file}" in one_line(pilot).replace(" ", "").replace("chmod600", "chmod 600")
        assert "hidden; from rsa_key.p8" in screen_text(app)
        entry.value = "abcdef"
        await pilot.pause()
        assert "abcdef" not in screen_text(app)


async def test_a_path_that_leads_nowhere_is_told_when_one_goes_on(folder: Path) -> None:
    app = Console(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        page = await to_key(pilot)
        await fill(pilot, private_key="/no/such/key.p8")
        await pilot.press("pagedown")
        await until(pilot, "There is no such file.")
        assert page.draft.at == 2


async def test_a_fresh_pair_shows_its_statement_and_fingerprint_and_no_key(folder: Path) -> None:
    app = Console(folder)
    async with app.run_test(size=(160, 45)) as pilot:
        page = await to_key(pilot)
        await pilot.press("alt+m")
        await until(pilot, "A fresh RSA pair")
        screen = screen_text(app)
        assert "ALTER USER SVC SET RSA_PUBLIC_KEY='MII" in screen
        assert "SHA256:" in screen
        assert "••••••" not in screen
        facts = page.draft.facts["private_key"]
        assert "PRIVATE" not in json.dumps({name: value for name, value in facts.items() if name != "found"})


async def test_another_user_changes_the_statement(folder: Path, made: Made) -> None:
    app = Console(folder)
    async with app.run_test(size=(160, 45)) as pilot:
        page = await to_key(pilot)
        await paste(pilot, made.pkcs1)
        await until(pilot, "ALTER USER SVC SET RSA")
        await pilot.press("pageup")
        await until(pilot, lambda: bool(page.query("#field-user")))
        await fill(pilot, user="OTHER")
        await pilot.press("pagedown")
        await until(pilot, "ALTER USER OTHER SET RSA")
        assert "in PKCS#1" in one_line(pilot)


async def test_a_password_that_was_typed_is_there_when_one_comes_back_to_it(folder: Path) -> None:
    app = Console(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        page = await begin(pilot)
        await choose(pilot, "postgres")
        await fill(pilot, host="db.acme.example", database="app", user="ann")
        await pilot.press("pagedown")
        await until(pilot, "It goes to the keyring")
        await fill(pilot, password=PASSWORD)
        await pilot.press("pageup")
        await until(pilot, lambda: bool(page.query("#field-host")))
        await pilot.press("pagedown")
        await until(pilot, "hidden; enter another to replace it")


async def test_fast_keys_skip_no_step(folder: Path) -> None:
    app = Console(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        page = await begin(pilot)
        await until(pilot, lambda: page.query_one("#kinds", Table).has_focus)
        page.query_one("#kinds", Table).choose("type/postgres")
        for key in ("enter", "pagedown", "pagedown", "pagedown"):
            app.post_message(events.Key(key, "\r" if key == "enter" else None))
        await until(pilot, "✗ this is needed.")
        assert page.draft.at == 1


async def test_enter_in_the_last_field_goes_forward_and_never_back(folder: Path) -> None:
    app = Console(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        page = await begin(pilot)
        await choose(pilot, "duckdb")
        await until(pilot, lambda: page.typing)
        await pilot.press(*"warehouse.duckdb")
        for _ in page.query("Form Input, Form Choice"):
            await pilot.press("enter")
        await until(pilot, "No credential is needed here")


async def test_a_problem_goes_as_soon_as_its_field_changes(folder: Path) -> None:
    app = Console(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await begin(pilot)
        await choose(pilot, "postgres")
        await pilot.press("pagedown")
        await until(pilot, "✗ this is needed.")
        await pilot.press("x")
        await until(pilot, lambda: "✗" not in screen_text(app))


async def test_a_name_that_is_taken_is_refused(folder: Path, passing: None) -> None:
    project = ProjectFolder(folder)
    project.write("sources/shop.toml", {"type": "duckdb", "path": "warehouse.duckdb"})
    app = Console(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await begin(pilot)
        await choose(pilot, "duckdb")
        await fill(pilot, name="shop", path="other.duckdb")
        await pilot.press("pagedown")
        await until(pilot, "There is a source shop already.")


async def test_a_destinations_test_call_is_acknowledged(folder: Path, receiver: Receiver) -> None:
    app = Console(folder)
    async with app.run_test(size=(100, 30)) as pilot:
        await to_write_key(pilot, receiver)
        await until(pilot, "all passed")
        await pilot.press("alt+e")
        await until(pilot, "acknowledged: the person backhaul-test")
    assert [call["userId"] for call in receiver.calls()] == ["backhaul-test"]
    assert not list((folder / "destinations").glob("*.toml"))


async def test_a_test_call_that_is_refused_is_explained(folder: Path, receiver: Receiver) -> None:
    app = Console(folder)
    receiver.refuse("backhaul-test", status=401)
    async with app.run_test(size=(100, 30)) as pilot:
        await to_write_key(pilot, receiver)
        await until(pilot, "all passed")
        await pilot.press("alt+e")
        await until(pilot, "not acknowledged")
        await until(pilot, "Check the key, and that it belongs to this region")
        assert "Zq7wizardwritekey" not in screen_text(app)


async def to_write_key(pilot: Pilot[int], receiver: Receiver) -> None:
    await begin(pilot, "destination")
    await choose(pilot, "segment")
    await fill(pilot, url=receiver.url)
    await pilot.press("pagedown")
    await until(pilot, "It goes to the keyring")
    await fill(pilot, write_key="Zq7wizardwritekey")
    await pilot.press("pagedown")


async def test_without_a_keyring_a_place_has_to_be_chosen_and_backhaul_toml_says_it(
    folder: Path, no_keyring: None, passing: None
) -> None:
    app = Console(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        page = await begin(pilot)
        await choose(pilot, "postgres")
        await fill(pilot, name="my-shop", host="db.acme.example", database="app", user="ann")
        await pilot.press("pagedown")
        await until(pilot, "‹ not chosen yet ›")
        await fill(pilot, password=PASSWORD)
        await pilot.press("pagedown")
        await until(pilot, "✗ Choose where it is read")
        assert page.draft.at == 2
        await pilot.press("right")
        await until(pilot, "Set the environment variable BACKHAUL_SOURCES_MY_SHOP_PASSWORD")
        await pilot.press("right")
        await until(pilot, "LoadCredential=sources-my-shop-password:")
        await pilot.press("right")
        await until(pilot, "It has to print the secret")
        await fill(pilot, secrets_command="pass show backhaul/{name}")
        await pilot.press("pagedown")
        await until(pilot, "all passed")
        await pilot.press("pagedown")
        await until(pilot, "pass show backhaul/{name}")
        assert 'from = "command"' in screen_text(app)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.screen is not page)
    known = tomllib.loads((folder / "backhaul.toml").read_text("utf-8"))
    assert known["secrets"] == {"from": "command", "command": "pass show backhaul/{name}"}
    assert "wizard" not in (folder / "sources" / "my-shop.toml").read_text("utf-8")


async def test_a_locked_keyring_is_told_and_is_used_once_it_is_unlocked(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, passing: None
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "kept_in_memory.Locked")
    app = Console(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        page = await begin(pilot)
        await choose(pilot, "postgres")
        await fill(pilot, host="db.acme.example", database="app", user="ann")
        await pilot.press("pagedown")
        await until(pilot, "The keyring is locked.")
        await until(pilot, "Unlock it")
        await fill(pilot, password=PASSWORD)
        page.query_one("#field-secrets_from").focus()
        await pilot.press("right")
        await until(pilot, "‹ keyring ›")
        await pilot.press("pagedown")
        await until(pilot, "✗ The keyring is locked.")
        assert page.draft.at == 2
        (tmp_path / "kept" / "unlocked").touch()
        await pilot.press("pagedown")
        await until(pilot, "all passed")
        await pilot.press("pagedown")
        await until(pilot, "goes to the keyring, service 'backhaul: acme'")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.screen is not page)
        kept = await app.bridge.ask("secret_list")
        assert [(each["name"], each["present"]) for each in kept["secrets"]] == [("sources/postgres.password", True)]
    assert tomllib.loads((folder / "backhaul.toml").read_text("utf-8")) == {"name": "acme"}


async def test_what_fixes_a_step_speaks_of_the_steps_while_no_file_is_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = (
        "Check `user` in the source's file, and set the password again: `backhaul secret set sources/<name>.password`."
    )
    steps(monkeypatch, ("login", False, "refused", again))
    app = Console(folder)
    async with app.run_test(size=(160, 45)) as pilot:
        await begin(pilot)
        await choose(pilot, "postgres")
        await fill(pilot, host="db.acme.example", database="app", user="ann")
        await pilot.press("pagedown")
        await until(pilot, "It goes to the keyring")
        await fill(pilot, password=PASSWORD)
        await pilot.press("pagedown")
        await until(pilot, "tests again")
        assert "Check `user` in step 2, and enter it again in step 3." in one_line(pilot)


async def test_saving_keeps_the_secret_in_the_keyring_and_forgets_the_draft(folder: Path, passing: None) -> None:
    app = Console(folder)
    async with app.run_test(size=(100, 30)) as pilot:
        page = await begin(pilot)
        await choose(pilot, "postgres")
        await fill(pilot, host="db.acme.example", database="app", user="ann")
        await pilot.press("pagedown")
        await until(pilot, "It goes to the keyring")
        await fill(pilot, password=PASSWORD)
        await pilot.press("pagedown")
        await until(pilot, "all passed")
        await pilot.press("pagedown")
        await until(pilot, "goes to the keyring, service 'backhaul: acme'")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.screen is not page)
        kept = await app.bridge.ask("secret_list")
        assert [(each["name"], each["present"]) for each in kept["secrets"]] == [("sources/postgres.password", True)]
    assert tomllib.loads((folder / "sources" / "postgres.toml").read_text("utf-8")) == {
        "type": "postgres",
        "host": "db.acme.example",
        "database": "app",
        "user": "ann",
    }
    assert not (folder / ".backhaul" / "drafts" / "source.json").exists()


async def test_a_private_key_that_is_pasted_where_it_does_not_belong_is_hidden(folder: Path, made: Made) -> None:
    app = Console(folder)
    async with app.run_test(size=(100, 30)) as pilot:
        page = await begin(pilot)
        await choose(pilot, "snowflake")
        await until(pilot, lambda: page.typing)
        await paste(pilot, made.pkcs8)
        await until(pilot, "•••")
        body = made.pkcs8.splitlines()[-3]
        assert body[:20] not in screen_text(app)


LOGIN = "db.acme.example refused the password of 'ann'."
GRANT = (
    'Let the owner run: GRANT USAGE ON SCHEMA public TO "ann"; GRANT SELECT ON ALL TABLES IN SCHEMA public TO "ann";'
)


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "160x45"])
async def test_each_step_looks_as_it_did_when_it_was_found_right(
    folder: Path, made: Made, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    steps(
        monkeypatch,
        ("name", True, "db.acme.example is 192.0.2.7", ""),
        ("login", True, "as ann into app", ""),
        ("privileges", False, "ann can read no table of app", GRANT),
    )
    shot = f"{size[0]}x{size[1]}"
    app = Console(folder)
    async with app.run_test(size=size) as pilot:
        page = await begin(pilot)
        await until(pilot, lambda: page.query_one("#kinds", Table).has_focus)
        await check_snapshot(pilot, f"wizard-type-{shot}")
        await choose(pilot, "snowflake")
        await check_snapshot(pilot, f"wizard-connect-{shot}")
        await fill(pilot, **SETTINGS)
        await pilot.press("pagedown")
        await until(pilot, "It goes to the keyring")
        await check_snapshot(pilot, f"wizard-key-asked-{shot}")
        await paste(pilot, made.pkcs1)
        await until(pilot, "fingerprint  ")
        await check_snapshot(pilot, f"wizard-key-{shot}", hidden=HIDDEN)
        await pilot.press("pagedown")
        await until(pilot, "tests again")
        await check_snapshot(pilot, f"wizard-test-failed-{shot}")
        await pilot.press("pagedown")
        await until(pilot, "goes into git")
        await check_snapshot(pilot, f"wizard-save-{shot}")


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "160x45"])
async def test_the_choice_of_a_place_looks_as_it_did_when_it_was_found_right(
    folder: Path, no_keyring: None, passing: None, size: tuple[int, int]
) -> None:
    shot = f"{size[0]}x{size[1]}"
    app = Console(folder)
    async with app.run_test(size=size) as pilot:
        await begin(pilot)
        await choose(pilot, "postgres")
        await fill(pilot, host="db.acme.example", database="app", user="ann")
        await pilot.press("pagedown")
        await until(pilot, "‹ not chosen yet ›")
        await fill(pilot, password=PASSWORD)
        await check_snapshot(pilot, f"wizard-place-{shot}")
        await pilot.press("pagedown")
        await until(pilot, "✗ Choose where it is read")
        await pilot.press("right")
        await until(pilot, "BACKHAUL_SOURCES_POSTGRES_PASSWORD")
        await check_snapshot(pilot, f"wizard-place-chosen-{shot}")
        await pilot.press("pagedown")
        await until(pilot, "all passed")
        await check_snapshot(pilot, f"wizard-test-{shot}")
        await pilot.press("pagedown")
        await until(pilot, "goes into git")
        await check_snapshot(pilot, f"wizard-save-place-{shot}")
