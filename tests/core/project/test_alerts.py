"""The alerts of backhaul.toml: checked, without a secret, and known to the commands about secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import project, secrets
from core.errors import ProjectError
from core.model import Alert, AlertFormat, AlertTo, Trouble
from core.project.schema import schemas
from tests.core.project.test_schema import check

TEAM = """
name = "acme"
[alerts.team]
to = "webhook"
format = "slack"
on = ["failure", "rejected", "freshness", "skipped"]
rejected_share = 0.1
fresh_within = "2 hours"
syncs = ["users"]
repeat = "1 day"
after = 3
[alerts.page]
to = "command"
command = ["notify-send", "Backhaul"]
repeat = 0
[alerts.here]
to = "terminal"
"""


def written(folder: Path, text: str) -> Path:
    (folder / "syncs").mkdir()
    (folder / "syncs" / "users.sql").write_text("SELECT 1", "utf-8")
    (folder / "syncs" / "users.toml").write_text('id = "u"\nsource = "db"\ncall = "identify"\n', "utf-8")
    (folder / "backhaul.toml").write_text(text, "utf-8")
    return folder


def test_alerts_are_read_with_their_defaults(tmp_path: Path) -> None:
    found = project.load(written(tmp_path, TEAM)).alerts
    assert found["team"] == Alert(
        name="team",
        to=AlertTo.WEBHOOK,
        format=AlertFormat.SLACK,
        on=(Trouble.FAILURE, Trouble.REJECTED, Trouble.FRESHNESS, Trouble.SKIPPED),
        rejected_share=0.1,
        fresh_within=7200,
        syncs=("users",),
        repeat=86_400,
        after=3,
    )
    assert (found["page"].command, found["page"].repeat) == (("notify-send", "Backhaul"), 0)
    assert found["here"].on == (Trouble.FAILURE, Trouble.RECOVERY, Trouble.FRESHNESS, Trouble.PROJECT)
    assert (found["here"].repeat, found["here"].after, found["here"].fresh_within) == (14_400, 1, None)


def test_the_schema_takes_what_the_reader_takes() -> None:
    assert check("backhaul", TEAM) == []
    assert check("backhaul", 'name = "a"\n[alerts.x]\nto = "webhook"\nurl = "u"') == [".alerts.x: no key url"]
    assert "AlertFile" in schemas()["backhaul"]["$defs"]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("[alerts.x]", "alerts.x: the file lacks the key 'to'."),
        ('[alerts.x]\nto = "pager"', "alerts.x.to: 'pager' is not possible."),
        ('[alerts.x]\nto = "terminal"\nwhen = 1', "There is no key 'alerts.x.when' here."),
        ('[alerts.x]\nto = "terminal"\non = ["fail"]', "'fail' is not possible. Did you mean 'failure'?"),
        ('[alerts.x]\nto = "terminal"\non = ["recovery"]', "alerts.x.on: it names no trouble"),
        ('[alerts.x]\nto = "command"', "alerts.x.command: it is missing"),
        ('[alerts.x]\nto = "command"\ncommand = "notify-send hi"', "alerts.x.command: expected a list, not text."),
        ('[alerts.x]\nto = "terminal"\ncommand = ["a"]', "alerts.x.command: only an alert"),
        ('[alerts.x]\nto = "terminal"\nformat = "slack"', "alerts.x.format: only an alert"),
        ('[alerts.x]\nto = "terminal"\nrejected_share = 5', "alerts.x.rejected_share is a share"),
        ('[alerts.x]\nto = "terminal"\nrepeat = "soon"', "alerts.x.repeat: 'soon' is not understood"),
        ('[alerts.x]\nto = "terminal"\nrepeat = 4', "alerts.x.repeat: 4 is not understood"),
        ('[alerts.x]\nto = "terminal"\nafter = 0', "alerts.x.after: a number of failures"),
        ('[alerts."a/b"]\nto = "terminal"', "'a/b' is no name"),
        ("alerts = 3", "alerts: expected tables"),
        ("[alerts]\nx = 3", "alerts.x: expected a table."),
    ],
)
def test_what_is_wrong_is_refused_with_its_key(tmp_path: Path, table: str, said: str) -> None:
    with pytest.raises(ProjectError) as caught:
        project.load(written(tmp_path, f'name = "a"\n{table}'))
    assert said in caught.value.message
    assert caught.value.where == str(tmp_path / "backhaul.toml")


def test_the_address_of_a_webhook_is_a_secret_and_no_key_of_the_file(tmp_path: Path) -> None:
    text = 'name = "a"\n[alerts.team]\nto = "webhook"\nurl = "https://hooks.example/T0KEN"'
    with pytest.raises(ProjectError) as caught:
        project.load(written(tmp_path, text))
    assert caught.value.message == "alerts.team.url: a secret never stands in a file."
    assert "backhaul secret set alerts/team.url" in caught.value.remedy
    assert "T0KEN" not in str(caught.value)


def test_the_secrets_of_a_project_are_those_of_its_webhooks_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = project.load(written(tmp_path, TEAM + '[secrets]\nfrom = "environment"'))
    assert secrets.full_names(found) == {"alerts/team.url": "Address of the webhook"}
    monkeypatch.setenv("BACKHAUL_ALERTS_TEAM_URL", "https://hooks.example/T0KEN")
    assert secrets.reader(found)("alerts/team.url").reveal() == "https://hooks.example/T0KEN"


def test_an_alert_for_a_sync_that_is_not_there_is_told_and_the_rest_works(tmp_path: Path) -> None:
    found = project.load(written(tmp_path, 'name = "a"\n[alerts.x]\nto = "terminal"\nsyncs = ["user"]'))
    (error,) = [error for file, error in found.broken.items() if file.name == "backhaul.toml"]
    assert "alerts.x.syncs: there is no sync 'user'. Did you mean 'users'?" in str(error)
    assert "x" in found.alerts
