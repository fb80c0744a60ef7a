"""The guided set-up as its steps see it: what they may ask of the page that shows them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from tui.bridge import Bridge
    from tui.console_api import ConsoleApi
    from tui.messages import Snapshot

__all__ = ["Setup"]


class Setup(Protocol):
    """The page of the guided set-up (tui.screens.wizard.page). `place` says where this host keeps secrets."""

    place: Mapping[str, Any]

    @property
    def console(self) -> ConsoleApi: ...

    @property
    def bridge(self) -> Bridge: ...

    @property
    def snapshot(self) -> Snapshot: ...

    @property
    def wide(self) -> bool: ...

    @property
    def keeps_secrets(self) -> bool:
        """Whether Backhaul keeps the secrets of this project; else it only reads them."""

    @property
    def unstored(self) -> list[str]:
        """The names of the secrets that are in memory only."""

    def attempt(self, work: Callable[[], Awaitable[Any]], *, group: str = "", exclusive: bool = False) -> None:
        """Do asynchronous work; an error is shown."""

    async def go(self, number: int) -> None:
        """Go to a step."""

    async def do_forward(self) -> None:
        """Go to the next step."""

    def focus_next_button(self) -> None:
        """Focus the primary button."""

    def refresh_buttons(self) -> None:
        """Show the buttons as they are now."""

    def refresh_help(self) -> None:
        """Show the help as it is now."""

    def name_problem(self, name: str) -> str:
        """Return what is wrong with a name, or nothing."""

    def secret_name(self, name: str) -> str:
        """Return the full name of a secret."""

    def setup_script(self) -> str:
        """Return the set-up script of the warehouse; nothing for a destination."""

    def where_read(self, name: str) -> str:
        """Return where a secret that Backhaul does not store is read from."""

    async def take_connection(self, text: str) -> str:
        """Take over a connection string; return what is wrong with it, or nothing."""

    async def write_secret(self, name: str) -> bool:
        """Write a secret into a file that a person names; return whether it was written."""
