"""What leaves this machine says what happened, and holds no secret and nobody's values."""

from __future__ import annotations

import json

import pytest

from core.alerts.decide import News
from core.alerts.message import Message
from core.alerts.texts import Notice, clean
from core.masking import names_in, values_of, without_people
from core.model import Alert, AlertFormat, AlertTo, Trouble


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("email is not valid", "email is not valid"),
        ('"ann@example.com" is not valid', '"…" is not valid'),
        ("ann@example.com is not valid", "… is not valid"),
        ("user user_884 is unknown", "user … is unknown"),
        ("no user 18446744", "no user …"),
        ("call +49 30 1234567 back", "call … back"),
        ("id 3f2b8a10-1111-4222-8333-444455556666 is gone", "id … is gone"),
        ('column "email" does not exist', 'column "email" does not exist'),
        ('column "Ann Müller" does not exist', 'column "…" does not exist'),
        ("Key (email)=(Ann Müller) already exists", "Key (email)=(…) already exists"),
        ("Failing row contains (1, Ann, null).", "Failing row contains (…)."),
        ("the plan isn't 'gold', it can't be", "the plan isn't '…', it can't be"),
        ("400 Bad Request at 5432, UTF-8", "400 Bad Request at 5432, UTF-8"),
        ("the value Ann Müller of 42 is refused", "the value … of 42 is refused"),
    ],
)
def test_values_of_people_go_and_the_words_of_the_reason_stay(text: str, told: str) -> None:
    names = names_in("SELECT email, plan FROM people WHERE name = 'Müller' -- not 'gold'", "postgres")
    values = values_of('{"traits": {"name": "Ann Müller", "age": 42, "tags": ["vip", null, true]}}')
    assert without_people(text, known=names, values=values) == told


def test_a_mask_may_keep_equal_values_equal() -> None:
    found = without_people('"a@b.c" is not "a@b.c" but d@e.f', mask=lambda value: f"<{len(value)}>")
    assert found == '"<5>" is not "<5>" but <5>'


def test_what_is_no_json_is_a_value_as_it_stands() -> None:
    assert values_of("u_7", None, "[1, {}]") == {"u_7", "1"}


def test_a_text_is_short_harmless_and_without_what_looks_secret() -> None:
    said = clean("password=hunter2hunter \x1b[2J \u202e " + "x " * 400)
    assert "hunter2" not in said
    assert "\x1b" not in said
    assert len(said) == 300


def a_notice(says: str, news: News = News.NEW, trouble: Trouble | None = Trouble.FAILURE) -> Notice:
    return Notice(
        trouble=trouble,
        news=news,
        about="users",
        run="r1",
        since=0.0,
        at=60.0,
        says=says,
        remedy="Fix it.",
        look="look",
    )


def a_message(*notices: Notice, **values: object) -> Message:
    alert = Alert(name="team", to=AlertTo.WEBHOOK, **values)
    return Message(alert=alert, project="acme", at=60.0, notices=notices)


def test_slack_gets_text_in_which_nothing_is_a_mention_or_a_link() -> None:
    message = a_message(a_notice("users <!channel> & <https://evil.example|here>"), format=AlertFormat.SLACK)
    document = json.loads(message.body)
    assert document == {
        "text": ":red_circle: acme: users &lt;!channel&gt; &amp; &lt;https://evil.example|here&gt; Fix it. Look: look"
    }


def test_many_notices_are_one_message_that_says_how_many() -> None:
    troubles = [a_notice(f"sync{number} failed.") for number in range(150)]
    message = a_message(*troubles, a_notice("users has recovered.", News.RECOVERED))
    assert message.title == "acme: 150 problems, 1 recovered"
    assert len(message.text.splitlines()) == 12
    assert message.text.splitlines()[-1] == "• and 141 more: `backhaul status` shows them"
    document = json.loads(message.body)
    assert document["count"] == 151
    assert len(document["notices"]) == 100
    assert message.variables["BACKHAUL_ALERT_STATE"] == "trouble"
    assert message.variables["BACKHAUL_ALERT_SYNC"] == ""


def test_one_notice_is_told_whole() -> None:
    document = json.loads(a_message(a_notice("users failed.")).body)
    assert document["text"] == "acme: users failed. Fix it. Look: look"
    assert document["notices"] == [
        {
            "trouble": "failure",
            "news": "new",
            "about": "users",
            "run": "r1",
            "since": "1970-01-01 00:00:00Z",
            "at": "1970-01-01 00:01:00Z",
            "says": "users failed.",
            "remedy": "Fix it.",
            "look": "look",
        }
    ]
