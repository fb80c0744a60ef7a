"""The palettes: dark, light, high contrast, two that follow the terminal's own 16 colours, and one without any colour.

A palette names colours by what they mean (accent, ok, run, warn, fail, muted); widgets draw with these names only, so that
a state is never a colour that one theme lacks. Where a terminal has 16 colours, or none are wanted (NO_COLOR), weight,
dimness and reverse take their place; each state has a sign anyway. Contrast of text on each ground it may stand on is
at least 4.5 in the three full palettes (a test measures it).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from rich.style import Style
from textual.theme import Theme

__all__ = ["DEFAULT", "PALETTES", "PLAIN", "Palette", "default_theme"]

ROLES = (
    "text",
    "muted",
    "accent",
    "ok",
    "run",
    "warn",
    "fail",
    "line",
    "keyword",
    "string",
    "number",
    "comment",
)
GROUNDS = ("background", "surface", "panel", "cursor", "cursor_blurred")


@dataclass(frozen=True, kw_only=True, eq=False)
class Palette:
    """A theme: each role's style as Rich writes it, and each ground's.

    `terminal` says that the terminal's own colours are used: grounds are then the terminal's, and the chosen row is shown
    in reverse.
    """

    name: str
    title: str
    dark: bool
    roles: Mapping[str, str]
    grounds: Mapping[str, str]
    terminal: bool = False

    @cached_property
    def styles(self) -> Mapping[str, Style]:
        """Return the style of each role; 'bold accent' and the like are made when asked for."""
        return {role: Style.parse(text) for role, text in self.roles.items()}

    @cached_property
    def ground_styles(self) -> Mapping[str, Style]:
        """Return the style that each ground lays under what stands on it."""
        return {
            name: Style.parse(text if " " in text or not text else f"on {text}") for name, text in self.grounds.items()
        }

    def theme(self) -> Theme:
        """Return the theme for Textual's own widgets."""
        if self.terminal:
            return self._terminal_theme()
        roles, grounds = self.roles, self.grounds
        return Theme(
            name=self.name,
            dark=self.dark,
            primary=roles["accent"],
            accent=roles["accent"],
            secondary=roles["run"],
            success=roles["ok"],
            warning=roles["warn"],
            error=roles["fail"],
            foreground=roles["text"],
            background=grounds["background"],
            surface=grounds["surface"],
            panel=grounds["panel"],
            boost=grounds["panel"],
            text_alpha=1.0,
            variables={
                "line": roles["line"],
                "muted": roles["muted"],
                "chosen": grounds["cursor"],
                "chosen-blurred": grounds["cursor_blurred"],
                "field": grounds["panel"],
                "on-accent": grounds["background"],
                "input-cursor-background": roles["text"],
                "input-cursor-foreground": grounds["background"],
                "input-selection-background": grounds["cursor"],
                "scrollbar": roles["line"],
                "scrollbar-hover": roles["muted"],
                "scrollbar-active": roles["accent"],
                "scrollbar-background": grounds["background"],
                "scrollbar-background-hover": grounds["background"],
                "scrollbar-background-active": grounds["background"],
                "scrollbar-corner-color": grounds["background"],
                "border-blurred": roles["line"],
            },
        )

    def _terminal_theme(self) -> Theme:
        # Colours that mean something are drawn by our own widgets from `roles`; Textual's get the terminal's own.
        return Theme(
            name=self.name,
            dark=self.dark,
            ansi=True,
            primary="ansi_default",
            secondary="ansi_default",
            warning="ansi_default",
            error="ansi_default",
            success="ansi_default",
            accent="ansi_default",
            foreground="ansi_default",
            background="ansi_default",
            surface="ansi_default",
            panel="ansi_default",
            boost="ansi_default",
            variables=dict.fromkeys(
                (
                    "line",
                    "muted",
                    "chosen",
                    "chosen-blurred",
                    "field",
                    "on-accent",
                    "border",
                    "border-blurred",
                    "scrollbar",
                    "scrollbar-hover",
                    "scrollbar-active",
                    "scrollbar-background",
                    "scrollbar-background-hover",
                    "scrollbar-background-active",
                    "scrollbar-corner-color",
                    "input-cursor-background",
                    "input-cursor-foreground",
                    "input-selection-background",
                    "input-selection-foreground",
                ),
                "ansi_default",
            )
            | {
                "input-cursor-text-style": "reverse",
                "ansi-background": "ansi_black" if self.dark else "ansi_white",
                "ansi-foreground": "ansi_white" if self.dark else "ansi_black",
            },
        )


def _full(name: str, title: str, *, dark: bool, grounds: str, roles: str) -> Palette:
    return Palette(
        name=name,
        title=title,
        dark=dark,
        grounds=dict(zip(GROUNDS, grounds.split(), strict=True)),
        roles=dict(zip(ROLES, roles.split(), strict=True)),
    )


_REVERSED = {"background": "", "surface": "", "panel": "", "cursor": "not dim reverse", "cursor_blurred": "underline "}


def _terminal(name: str, title: str, *, dark: bool, **colours: str) -> Palette:
    plain = dict.fromkeys(ROLES, "") | {"muted": "dim", "line": "dim", "comment": "dim", "keyword": "bold"}
    return Palette(name=name, title=title, dark=dark, roles=plain | colours, grounds=_REVERSED, terminal=True)


DEFAULT = "dark"
PLAIN = "no-colour"

PALETTES: Mapping[str, Palette] = {
    palette.name: palette
    for palette in (
        _full(
            "dark",
            "Dark",
            dark=True,
            grounds="#0e1317 #141b20 #1b242b #16302f #1a2329",
            roles="#d6dee4 #8e9ca8 #56c9bb #8fc17a #7fb0f5 #e3b34e #f4807c #2e3a43 #b9a8ee #b5bd7c #dba57b #8b98a0",
        ),
        _full(
            "light",
            "Light",
            dark=False,
            grounds="#fcfbf8 #f4f2ed #ebe8e1 #d8ece8 #efece6",
            roles="#20282d #58636b #006d64 #38701f #1c5cab #815200 #b3261e #cdc8be #6a3fb5 #5a6412 #95481a #5f6a70",
        ),
        _full(
            "high-contrast",
            "High contrast",
            dark=True,
            grounds="#000000 #000000 #0d0d0d #003f46 #262626",
            roles="#ffffff #cfd6dc #2ff0dc #7dff7a #a9d0ff #ffdd55 #ffa19b #8a8a8a #dccfff #e6f08a #ffc79a #cfd6dc",
        ),
        _terminal(
            "terminal-dark",
            "The terminal's 16 colours, on a dark ground",
            dark=True,
            accent="cyan",
            ok="green",
            run="bright_blue",
            warn="yellow",
            fail="bright_red",
            string="green",
            number="cyan",
        ),
        _terminal(
            "terminal-light",
            "The terminal's 16 colours, on a light ground",
            dark=False,
            accent="blue",
            ok="green",
            run="blue",
            warn="magenta",
            fail="red",
            string="green",
            number="blue",
        ),
        _terminal(PLAIN, "No colours", dark=True, accent="bold", warn="bold", fail="bold"),
    )
}


def default_theme(environment: Mapping[str, str]) -> str:
    """Choose a theme for a terminal that nobody has chosen one for."""
    if environment.get("NO_COLOR"):
        return PLAIN
    terminal = environment.get("TERM", "")
    many = environment.get("COLORTERM") in ("truecolor", "24bit") or "256" in terminal or "direct" in terminal
    return DEFAULT if many else "terminal-dark"
