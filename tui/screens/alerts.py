"""Alerts: whom a trouble is told, on what, when that was last done; what goes on now, and a test of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from core.formatting import ago, clock, counted
from tui.drawing import Line, Span, heading, line, wrapped
from tui.messages import Refused, Snapshot
from tui.screens.base import Page
from tui.widgets.pane import Pane
from tui.widgets.sheet import Sheet
from tui.widgets.table import Column, Row, Table

if TYPE_CHECKING:
    from core.alerts.overview import AlertStatus, OpenTrouble

__all__ = ["AlertsPage"]

_EXAMPLE = (
    "[alerts.team]",
    'to = "webhook"      # or "command", "terminal"',
    'format = "slack"    # or "json"',
)


class AlertsPage(Page):
    """All alerts of the project."""

    scope = "alerts"
    tab = "Home"
    crumb = "alerts"

    DEFAULT_CSS = """
    AlertsPage #list { height: auto; max-height: 50%; min-height: 4; }
    AlertsPage #below { height: 1fr; margin-top: 1; }
    AlertsPage.-empty #list { height: 1fr; max-height: 100%; }
    AlertsPage.-empty #below { display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._alerts: tuple[AlertStatus, ...] = ()
        self._open: Mapping[str, tuple[OpenTrouble, ...]] = {}
        self._tests: dict[str, tuple[bool | None, str]] = {}

    def body(self) -> ComposeResult:
        with Horizontal(id="body"):
            with Vertical(id="left"):
                with Pane(title="Alerts", id="list"):
                    yield Table(_COLUMNS, id="alerts")
                yield Sheet(self._describe, id="below", classes="narrow")
            with Vertical(id="right"):
                yield Sheet(self._describe, id="aside")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#alerts", Table).focus()

    def hints(self) -> Iterable[str]:
        return ("alerts.test", "list.filter", "global.back") if self._alerts else ("global.back", "global.home")

    def why_not(self, name: str) -> str:
        if name == "test" and self.chosen is None:
            return "no alert is chosen"
        if name == "test" and self.chosen and self._tests.get(self.chosen.name, (True, ""))[0] is None:
            return "it is being tested"
        return ""

    @property
    def chosen(self) -> AlertStatus | None:
        """Return the chosen alert."""
        key = self.query_one("#alerts", Table).key if self.query("#alerts") else None
        return next((alert for alert in self._alerts if alert.name == key), None)

    # what is read

    def show_snapshot(self, snapshot: Snapshot) -> None:
        if snapshot.at:
            self.attempt(self._read, group="read", exclusive=True)

    async def _read(self) -> None:
        from core.alerts.overview import open_troubles, statuses

        try:
            self._alerts, self._open = await self.bridge.read(
                lambda project, store: (statuses(project, store), open_troubles(project, store))
            )
        except Refused as error:
            self.query_one("#alerts", Table).set_state(
                "failing", [line(Span("✗ ", "fail"), error.message), line((error.remedy, "muted"))]
            )
            return
        table = self.query_one("#alerts", Table)
        self.set_class(not self._alerts, "-empty")
        table.show([_row(alert, self._tests.get(alert.name)) for alert in self._alerts])
        table.set_state("full" if self._alerts else "empty", [] if self._alerts else self._empty())
        self._show_detail()
        self.refresh_bars()

    def _empty(self) -> list[Line]:
        return [
            line("Nobody is notified when a sync fails. An alert is a table in backhaul.toml:"),
            Line(),
            *(line((f"  {text}", "bold text")) for text in _EXAMPLE),
            Line(),
            line(("The address of a webhook is a secret: backhaul secret set alerts/team.url", "muted")),
            line(("The daemon tells it; it shows here as soon as the file is saved.", "muted")),
        ]

    def on_table_highlighted(self, _message: Table.Highlighted) -> None:
        self._show_detail()
        self.refresh_bars()

    def _show_detail(self) -> None:
        for name in ("#below", "#aside"):
            self.query_one(name, Sheet).rebuild()

    def _describe(self, width: int) -> list[Line]:
        alert = self.chosen
        if alert is None:
            return []
        lines = [heading(alert.name, (alert.way, "muted"))]
        lines += wrapped(f"Sent on {', '.join(alert.on)}.", width)
        lines += wrapped(f"For {', '.join(alert.syncs) if alert.syncs else 'all syncs'}.", width, "muted")
        tested = self._tests.get(alert.name)
        if tested is not None:
            word, style = {True: ("✓ arrived", "ok"), False: ("✗ not sent", "fail"), None: ("· on its way", "muted")}[
                tested[0]
            ]
            lines += [Line(), heading("Test", (word, style)), *wrapped(tested[1], width)]
        if alert.problem:
            many = counted(alert.failures, "time")
            lines += [Line(), line((f"✗ not sent, {many} in a row", "fail")), *wrapped(alert.problem, width)]
        lines += [Line(), heading("Active", (str(len(self._open.get(alert.name, ()))), "muted"))]
        lines += self._open_lines(alert.name)
        return lines

    def _open_lines(self, name: str) -> list[Line]:
        troubles = self._open.get(name, ())
        if not troubles:
            return [line(("nothing", "muted"))]
        return [
            line(
                Span("✗ ", "fail"),
                Span(trouble.about, "text"),
                (f"  {trouble.trouble} since {clock(trouble.since)}", "muted"),
                right=((f"sent {counted(trouble.times, 'time')}" if trouble.times else "not sent yet", "muted"),),
            )
            for trouble in troubles
        ]

    # what is done

    async def do_test(self) -> None:
        """Send a test notice of the chosen alert, and say what was answered."""
        alert = self.chosen
        if alert is None:
            return
        self._tests[alert.name] = (None, "Waiting for the answer …")
        self._show_detail()
        self.refresh_bars()
        try:
            answer: Mapping[str, Any] = await self.bridge.ask("alert_test", name=alert.name)
        except Refused as error:
            self._tests[alert.name] = (False, f"{error.message} {error.remedy}".strip())
        else:
            self._tests[alert.name] = (bool(answer["arrived"]), str(answer["said"]))
        arrived, said = self._tests[alert.name]
        self.console.tell(f"{alert.name}: {said}", "ok" if arrived else "fail")
        await self._read()


def _row(alert: AlertStatus, tested: tuple[bool | None, str] | None) -> Row:
    if tested is not None and tested[0] is None:
        state = Span("· testing", "muted")
    elif alert.failures:
        state = Span("✗ not sent", "fail")
    else:
        state = Span("✓ sent", "ok") if alert.told else Span("· ready", "muted")
    return Row(
        alert.name,
        (
            state,
            Span(alert.name),
            Span(alert.way, "muted"),
            Span(", ".join(alert.on), "muted"),
            Span(f"{ago(alert.told)} ago".replace("now ago", "now") if alert.told else "never", "muted"),
            Span(str(alert.open), "fail" if alert.open else "muted"),
        ),
    )


_COLUMNS = (
    Column(head="State", width=11),
    Column(head="Alert", least=8, most=24, rank=12, main=True),
    Column(head="To", least=10, most=24, rank=5),
    Column(head="On", share=1, least=10, most=60, rank=3),
    Column(head="Last sent", right=True, width=9, rank=6),
    Column(head="Open", right=True, width=5, rank=7),
)
