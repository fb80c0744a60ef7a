"""Plan: what would be sent, before anything is: how many rows are new, changed, gone; what the guards ask; each changed
field, the acknowledged value beside the new one; the call of the chosen row. Sending it from here asks the guards' questions.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from core.formatting import counted, size, took, will_read
from core.model import Estimate
from tui.drawing import Line, Span, heading, line, wrapped
from tui.json_lines import json_lines
from tui.messages import Refused
from tui.screens.base import Page
from tui.screens.dialogs import Confirm, Read
from tui.screens.guard_choices import accept_and_run, ways_to_send
from tui.screens.plan_rows import PARTS, counts, part_of, rows_of_part, short_path
from tui.screens.summary import blocked_heading, question_lines
from tui.widgets.pane import Pane
from tui.widgets.sheet import Sheet
from tui.widgets.table import Table
from tui.work import begin

__all__ = ["PlanPage"]

_SAMPLES = 200


class PlanPage(Page):
    """The plan of one sync."""

    scope = "plan"
    tab = "Editor"

    DEFAULT_CSS = """
    PlanPage #head { height: auto; max-height: 55%; }
    PlanPage #part { height: 1fr; margin-top: 1; }
    PlanPage.-nothing #part { display: none; }
    PlanPage.-nothing #head { height: 1fr; max-height: 100%; }
    """

    def __init__(
        self, sync: str, *, text: str | None = None, from_zero: bool = False, full_refresh: bool = False
    ) -> None:
        """Plan a sync; with `text`, as if its query were this one. `from_zero` compares all rows, `full_refresh` sends all again."""
        super().__init__()
        self._sync = sync
        self._text = text
        self._from_zero = from_zero
        self._full_refresh = full_refresh
        self._plans: Sequence[Mapping[str, Any]] | None = None
        self._place = 0
        self._part = "changed"
        self._estimate: Mapping[str, Any] | None = None
        self._took = 0.0
        self._began = time.monotonic()
        self._working = False
        self._stopped = False
        self._failed = False
        self._calls: Mapping[str, Any] = {}
        self.crumb = f"plan {sync}"
        self.add_class("-nothing")

    def body(self) -> ComposeResult:
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield Sheet(self._head_lines, id="head")
                with Pane(title="Changed", id="part"):
                    yield Table(id="rows")
            with Vertical(id="right"):
                yield Sheet(self._aside_lines, id="aside")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#head", Sheet).focus()
        self.do_again()

    def shown_source(self) -> str:
        return self.source_of(self._sync)

    def hints(self) -> Iterable[str]:
        if self._working:
            return ("plan.stop", "global.back")
        return (
            "plan.row",
            "plan.send",
            *([] if self._is_on else ["plan.pause"]),
            "plan.next_part",
            *(["plan.next_destination"] if len(self._plans or ()) > 1 else []),
            "list.filter",
            "global.export",
            "plan.again",
            "plan.from_zero",
            "global.copy",
        )

    def word(self, name: str, word: str) -> str:
        if name == "pause" and not self._is_on:
            return "resume"
        return "only what is due" if name == "from_zero" and (self._from_zero or self._full_refresh) else word

    @property
    def plan(self) -> Mapping[str, Any] | None:
        """Return the plan of the destination that is shown."""
        return self._plans[self._place] if self._plans else None

    def why_not(self, name: str) -> str:
        if name in ("send", "row", "next_part", "next_destination") and self._working:
            return "it is still being made"
        if name == "send" and self._failed and self.snapshot.has_daemon:
            return ""
        if name in ("send", "row", "next_part") and self.plan is None:
            return "there is no plan"
        if name == "stop" and not self._working:
            return "no query is running"
        if name == "send":
            if self._text is not None:
                return "the query is not saved"
            status = self.snapshot.status(self._sync)
            first = status is not None and self.console.shows_plan_first(
                status
            )  # it has to run once, with or without rows
            if not first and not any(plan["comparison"]["calls"] or plan["pending"] for plan in self._plans or ()):
                return "there is nothing to send"
        if name == "next_destination" and len(self._plans or ()) < 2:
            return "there is one destination"
        if name == "row" and not self.query_one("#rows", Table).key:
            return "no row is chosen"
        return ""

    # the plan is made

    def do_again(self) -> None:
        """Query and compare."""
        self._working, self._stopped, self._failed = True, False, False
        self._began, self._estimate = time.monotonic(), None
        self.query_one("#head", Sheet).set_state("loading")
        self.query_one("#head", Sheet).rebuild()
        self.refresh_bars()
        begin(self, self._make, group="plan", exclusive=True)

    async def _make(self) -> None:
        head = self.query_one("#head", Sheet)
        try:
            words: dict[str, Any] = {} if self._text is None else {"text": self._text}
            words |= {"from_zero": self._from_zero, "full_refresh": self._full_refresh}
            answer = await self.bridge.ask("plan", self._take_estimate, sync=self._sync, samples=_SAMPLES, **words)
        except Refused as error:
            self._working, self._failed = False, True
            again = self.console.keys.shown("plan.again")
            first, *rest = wrapped(error.message, head.size.width - 2)
            notice = [
                line(Span("✗ ", "fail"), *first.left),
                *(line("  ", *each.left) for each in rest),
                *wrapped(error.remedy, head.size.width, "muted", indent=2),
                line(("  ", "muted"), Span(again, "bold text"), (" tries again", "muted")),
                Line(),
            ]
            head.set_state("failing", notice)
            head.rebuild()
            self.refresh_bars()
            return
        except asyncio.CancelledError:
            self._working = False
            raise
        self._working = False
        self._plans, self._took = answer["deliveries"], float(answer["seconds"])
        self._place = min(self._place, max(len(self._plans) - 1, 0))
        self._part = next((part for part in PARTS if rows_of_part(self.plan, part)), "changed")
        head.set_state("full")
        self._show_part()
        self.refresh_bars()

    def _take_estimate(self, part: Mapping[str, Any]) -> None:
        """Show what the query will cost; it is told before the query runs."""
        self._estimate = part["estimate"]
        if self.is_attached:
            self.query_one("#head", Sheet).rebuild()

    def tick(self) -> None:
        if self._working:
            self.query_one("#head", Sheet).rebuild()

    def do_stop(self) -> None:
        """Stop the query; the plan that was there before stays."""
        self.workers.cancel_group(self, "plan")
        self._working, self._stopped = False, True
        head = self.query_one("#head", Sheet)
        head.set_state("full")
        head.rebuild()
        self.refresh_bars()

    def do_back(self) -> None:
        """Go back. A query that is running is not stopped by this key: the page stays."""
        if self._working:
            self.console.tell(f"The query is running; {self.console.keys.shown('plan.stop')} stops it.", "muted")
        else:
            self.dismiss()

    # what is shown

    def _head_lines(self, width: int) -> list[Line]:
        plan = self.plan
        if plan is None:
            if self._plans is not None:
                return [
                    heading(f"Plan  {self._sync}"),
                    line(("This sync has no destination: each run is a preview, and nothing is sent.", "muted")),
                ]
            waiting = f"the query runs · {time.monotonic() - self._began:.0f} s" if self._working else ""
            keys = self.console.keys
            stop, again = keys.shown("plan.stop"), keys.shown("plan.again")
            return [
                heading(f"Plan  {self._sync}", ("nothing sent yet", "muted")),
                *([line((waiting, "muted"), right=((f"{stop} stops it", "muted"),))] if waiting else []),
                *(
                    [line(("Stopped.  ", "muted"), Span(again, "bold text"), (" queries again", "muted"))]
                    if self._stopped
                    else []
                ),
                *self._cost(self._estimate),
            ]
        kind = "Full refresh" if self._full_refresh else "Plan from zero" if self._from_zero else "Plan"
        title = f"{kind}  {self._sync} → {plan['destination']}"
        where = f"{self._place + 1} of {len(self._plans or ())} destinations   " if len(self._plans or ()) > 1 else ""
        state = f"again · {time.monotonic() - self._began:.0f} s" if self._working else "nothing sent yet"
        lines = [heading(title, (where, "muted"), (state, "muted"))]
        lines += [
            counts(plan["comparison"]),
            self._bill(plan),
            *self._cost((self._working and self._estimate) or plan["estimate"]),
        ]
        if plan["pending"]:
            lines.append(
                line(Span("► ", "run"), f"{counted(plan['pending'], 'call')} of an earlier delivery go out first.")
            )
        lines += [line((f"  {note}", "muted")) for note in plan["comparison"]["notes"]]
        if plan["questions"]:
            lines += [
                Line(),
                blocked_heading(tuple(plan["questions"])),
                *question_lines(tuple(plan["questions"]), width),
            ]
            lines += [
                line((f"  {example}", "muted"))
                for question in plan["questions"]
                for example in list(question["evidence"])[:3]
            ]
            key = self.console.keys.shown("plan.send")
            ways = ways_to_send(plan["questions"], int(plan["comparison"]["calls"]))
            word = " · ".join([*(word.lower() for _option, word, _note in ways), "open the query", "cancel"])
            lines += [line(Span(key, "bold text"), (f"  {word}", "text"))]
        return lines

    def _cost(self, estimate: Mapping[str, Any] | None) -> list[Line]:
        return [line((f"The query {will_read(Estimate(**estimate))}.", "muted"))] if estimate else []

    def _bill(self, plan: Mapping[str, Any]) -> Line:
        comparison = plan["comparison"]
        if not comparison["calls"]:
            return line(("Nothing to send: all of it is delivered already.", "muted"))
        sent = f"{counted(comparison['calls'], 'call')} in {counted(plan['batches'], 'batch')}, {size(plan['bytes'])}"
        return line((f"{sent}. The query took {took(self._took)}.", "muted"))

    def _show_part(self) -> None:
        plan = self.plan
        self.set_class(plan is None or not any(rows_of_part(self.plan, part) for part in PARTS), "-nothing")
        self.query_one("#head", Sheet).rebuild()
        if plan is None:
            return
        table, pane = self.query_one("#rows", Table), self.query_one("#part", Pane)
        part = part_of(plan, self._part)
        rows, self._calls = part.rows, part.calls
        count = rows_of_part(self.plan, self._part)
        shown = len({row.key.partition(" ")[0] for row in rows}) if self._part == "changed" else len(rows)
        said = f"first {shown:,} of {count:,}" if count > shown else f"{count:,}"
        others = "  ".join(
            f"{part} {rows_of_part(self.plan, part):,}"
            for part in PARTS
            if part != self._part and rows_of_part(self.plan, part)
        )
        pane.heading.show(
            title=self._part.capitalize(), right=((f"{others}   " if others else "", "muted"), (said, "text"))
        )
        table.show(rows, part.columns)
        table.set_state("full" if rows else "empty", () if rows else [line((f"No row is {self._part}.", "muted"))])
        if not self.has_class("-nothing"):
            table.focus()
        self.query_one("#aside", Sheet).rebuild()

    @property
    def _chosen(self) -> tuple[Any, set[str], str] | None:
        key = self.query_one("#rows", Table).key
        return self._calls.get(key.partition(" ")[0]) if key else None

    def _aside_lines(self, width: int) -> list[Line]:
        return [*self._call_lines(), *self._field_lines(width)]

    def _call_lines(self) -> list[Line]:
        chosen = self._chosen
        if chosen is None or chosen[0] is None:
            return []
        call, marked, who = chosen
        return [
            heading(f"{who} as a call", (str(call.get("type", "")), "muted")),
            *json_lines(call, marked=marked),
            Line(),
        ]

    def _field_lines(self, width: int) -> list[Line]:
        """Show how many rows change each field."""
        plan = self.plan
        fields = list(plan["fields"]) if plan else []
        if plan is None or not fields:
            return []
        most = max(field["rows"] for field in fields)
        room = max((width - 30) // 2, 6)
        of = plan["comparison"]["changed"]
        note = f"of the first {plan['fields_of']:,}" if plan["fields_of"] < of else "rows"
        lines = [heading("Changes by field", (note, "muted"))]
        for field in fields[:16]:
            bar = "█" * round(field["rows"] / most * room) or "▏"
            lines.append(line(f"{short_path(field['path'], 18):<18} ", Span(bar, "run"), right=(f"{field['rows']:,}",)))
        return lines

    def on_table_highlighted(self, message: Table.Highlighted) -> None:
        self.query_one("#aside", Sheet).rebuild()
        self.refresh_bars()

    def on_table_chosen(self, message: Table.Chosen) -> None:
        self.do_row()

    def copy_text(self) -> str:
        chosen = self._chosen
        return json.dumps(chosen[0], ensure_ascii=False) if chosen and chosen[0] else super().copy_text()

    # what is done

    def do_row(self) -> None:
        """Show the chosen row as a call."""
        chosen = self._chosen
        if chosen is None or chosen[0] is None:
            return
        self.console.push_screen(Read(lambda _width: self._call_lines(), copies=self.copy_text()))

    def do_next_part(self) -> None:
        """Show the next part that has rows."""
        place = PARTS.index(self._part)
        order = [*PARTS[place + 1 :], *PARTS[: place + 1]]
        self._part = next((part for part in order if rows_of_part(self.plan, part)), self._part)
        self._show_part()

    def do_next_destination(self) -> None:
        """Show the plan of the next destination."""
        if self._plans:
            self._place = (self._place + 1) % len(self._plans)
            self._part = next((part for part in PARTS if rows_of_part(self.plan, part)), "changed")
            self._show_part()

    def do_from_zero(self) -> None:
        """Plan with last_sync_time 0, or as a run would."""
        self._from_zero, self._full_refresh = not (self._from_zero or self._full_refresh), False
        self.do_again()

    @property
    def _is_on(self) -> bool:
        project = self.snapshot.project
        found = project.syncs.get(self._sync) if project else None
        return found is None or found.enabled

    async def do_pause(self) -> None:
        """Pause the schedule of this sync, or resume it."""
        await self.console.switch(self._sync)
        self.refresh_bars()

    async def do_send(self) -> None:
        """Send it; what a guard blocks is a choice first.

        A plan that cannot be made here may be made by the daemon, which has secrets of its own: that is asked.
        """
        if self._failed:
            text = "The plan cannot be made here. The daemon makes its own and sends it, unless a guard blocks it."
            yes = "Send without seeing the plan"
            if await self.console.push_screen_wait(Confirm(f"Send {self._sync} unseen?", text, yes=yes)):
                await self.console.start_run(self._sync)
                self.console.do_home()
            return
        questions = [question for plan in self._plans or () for question in plan["questions"]]
        words = ("--full-refresh",) if self._full_refresh else ("--from-zero",) if self._from_zero else ()
        calls = sum(int(plan["comparison"]["calls"]) for plan in self._plans or ())
        if await accept_and_run(self, self._sync, questions, *words, calls=calls):
            self.console.do_home()
