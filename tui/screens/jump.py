"""Jump mode: a letter on each pane; pressing it gives that pane the keys."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.geometry import Region
from textual.widget import Widget
from textual.widgets import Static

from tui.screens.base import Actor, Dialog
from tui.widgets.pane import Pane

__all__ = ["Jump"]

_LETTERS = "asdfghjklwertuiop"


class Jump(Dialog):
    """Letters over the page that was there."""

    DEFAULT_CSS = """
    Jump { background: $background 30%; layers: letters; align: left top; }
    Jump Static { layer: letters; position: absolute; width: 2; height: 1; background: $accent; color: $on-accent; text-style: bold; }
    Jump Static:ansi { text-style: bold reverse; }
    """

    def __init__(self, page: Actor) -> None:
        super().__init__()
        self._targets: dict[str, Widget] = dict(zip(_LETTERS, page.panes(), strict=False))

    def compose(self) -> ComposeResult:
        for letter, widget in self._targets.items():
            label = Static(f"{letter} ", markup=False)
            region = _place(widget)
            label.styles.offset = (region.x, region.y)
            yield label

    def on_key(self, event: events.Key) -> None:
        event.stop()
        target = self._targets.get(event.key)
        self.dismiss(None)
        if target is not None:
            self.app.call_later(target.focus)

    @property
    def scopes(self) -> tuple[str, ...]:
        return ("global",)


def _place(widget: Widget) -> Region:
    """Return where the letter stands: on the title of the pane, where there is one."""
    pane = next((node for node in widget.ancestors if isinstance(node, Pane)), None)
    return pane.region if pane is not None else widget.region
