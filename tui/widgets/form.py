"""A form: labels muted at the left, fields as raised strips, a note at the right, a problem under the field it is about.

A secret is never drawn, copied or logged; it is remembered only to be blacked out. A choice is changed with ← →: a letter or a blank may belong to a secret that is typed in the wrong place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rich.text import Text
from textual import events
from textual.app import ComposeResult, RenderResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, TextArea

from core.redaction import remember_secret
from tui.drawing import Line, Span, draw, stood_in
from tui.themes import PALETTES
from tui.widgets.entry import Entry

__all__ = ["Field", "Form"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field: its name, label, first value; `choices` it may have; whether it is secret, or has several lines.

    `unchosen` is what a choice says while a person has not chosen yet; without it, the first one is taken.
    """

    name: str
    label: str
    value: str = ""
    note: str = ""
    placeholder: str = ""
    choices: tuple[str, ...] = ()
    unchosen: str = ""
    secret: bool = False
    lines: int = 1
    fixed: bool = False


@dataclass
class Changed(Message):
    """A field has another value."""

    name: str
    value: str


def _id(name: str) -> str:
    """Return the id of a field's widget; ids have no dots, as the names of guards have."""
    return f"field-{name.replace('.', '__')}"


def _name(widget: Widget) -> str:
    return str(widget.id).removeprefix("field-").replace("__", ".")


class Choice(Widget, can_focus=True):
    """One of several words."""

    DEFAULT_CSS = "Choice { height: 1; background: $field; }"

    def __init__(self, choices: Sequence[str], value: str, *, id: str, unchosen: str = "") -> None:  # noqa: A002 -- Textual's name
        super().__init__(id=id)
        self.choices = tuple(choices)
        self.unchosen = unchosen
        first = self.choices[0] if self.choices and not unchosen else ""
        self.value = value if value in choices else first

    def render(self) -> RenderResult:  # pragma: no cover -- render_line is what draws
        return ""

    def render_line(self, y: int) -> Strip:
        style = "bold accent" if self.has_focus else "text"
        others = "← → changes it" if self.has_focus and len(self.choices) > 1 else ""
        shown = Line((Span(f"‹ {self.value or self.unchosen or 'none'} ›", style),), (Span(others, "muted"),))
        return draw(shown, self.size.width, PALETTES[self.app.theme], ground="panel", margin=1)

    def on_key(self, event: events.Key) -> None:
        if event.key in ("left", "right") and self.choices:
            step = -1 if event.key == "left" else 1
            self.value = (
                self.choices[(self.choices.index(self.value) + step) % len(self.choices)]
                if self.value
                else self.choices[0]
            )
            self.refresh()
            self.post_message(Changed(_name(self), self.value))
            event.stop()
            event.prevent_default()
        elif event.key == "enter":
            event.stop()
            event.prevent_default()
            self.post_message(_Entered(self))

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()


@dataclass
class _Entered(Message):
    """Enter was pressed on a choice."""

    choice: Choice


class _Words(Widget):
    """A label, a note or a problem: one line that is drawn."""

    DEFAULT_CSS = "_Words { height: 1; }"

    def __init__(self, text: str, style: str = "muted", *, classes: str = "") -> None:
        super().__init__(classes=classes)
        self._text, self._style = text, style

    def show(self, text: str, style: str = "") -> None:
        self._text, self._style = text, style or self._style
        self.refresh()

    def render(self) -> RenderResult:  # pragma: no cover -- render_line is what draws
        return ""

    def render_line(self, y: int) -> Strip:
        return draw(Line((Span(self._text, self._style),)), self.size.width, PALETTES[self.app.theme], margin=2)


class _Lines(TextArea):
    """Some lines of text; what a terminal would obey is drawn as a stand-in."""

    def get_line(self, line_index: int) -> Text:
        return Text(stood_in(self.document.get_line(line_index), tabs=True), end="", no_wrap=True)


class _Row(Vertical):
    """A field with its label and note, and what is wrong with it below."""

    DEFAULT_CSS = "_Row, _Row Horizontal { height: auto; }"

    def __init__(self, field: Field, widget: Widget) -> None:
        note = [_Words(field.note, classes="_note wide")] if field.note and field.lines == 1 else []
        super().__init__(
            Horizontal(_Words(field.label, classes="_label"), widget, *note),
            _Words("", "fail", classes=f"_problem problem-{_id(field.name)}"),
        )
        self.field, self.widget = field, widget

    def is_for(self, field: Field) -> bool:
        """Whether it can stay where a form has this field: all is the same but what it holds."""
        return replace(self.field, value="", placeholder="") == replace(field, value="", placeholder="")


class Form(VerticalScroll):
    """Fields under each other."""

    DEFAULT_CSS = """
    Form { height: auto; max-height: 1fr; scrollbar-size-vertical: 1; }
    Form ._label { width: 20; }
    Form Input, Form Choice, Form TextArea { width: 1fr; }
    Form TextArea { background: $field; padding: 0 1; }
    Form ._note { width: 34; }
    Form ._problem { display: none; padding-left: 18; }
    Form ._problem.-shown { display: block; }
    Form #spacer { height: 1; }
    """

    def __init__(self, fields: Sequence[Field], *, id: str | None = None) -> None:  # noqa: A002 -- Textual's name
        super().__init__(id=id, can_focus=False)
        self.fields = tuple(fields)
        self._problems: dict[str, str] = {}
        """What the fields held whose problem is shown: it goes as soon as they hold something else."""

    def compose(self) -> ComposeResult:
        for each in self.fields:
            yield _Row(each, self._widget(each))

    async def have(self, fields: Sequence[Field], *, focus: str = "") -> None:
        """Have these fields: one that stays keeps what was typed in it, and the keys; `focus` names a new one that gets them.

        The keys go over before anything of it is seen, so that what is typed next is typed there.
        """
        self.fields = tuple(fields)
        names = [each.name for each in fields]
        rows: dict[str, _Row] = {}
        stale: list[_Row] = []
        for row in self.query_children(_Row).results(_Row):
            field = next((each for each in fields if row.is_for(each)), None)
            if field is None:
                stale.append(row)
                continue
            rows[field.name] = row
            if isinstance(row.widget, Entry):
                row.widget.placeholder = field.placeholder
        fresh = [_Row(each, self._widget(each)) for each in fields if each.name not in rows]
        for row in fresh:
            row.display = False
        await self.mount_all(fresh)
        rows |= {row.field.name: row for row in fresh}
        order: list[Widget] = [rows[name] for name in names]
        self.sort_children(key=lambda row: order.index(row) if row in order else -1)
        for row in fresh:
            row.display = True
            if row.field.name == focus:
                self.screen.set_focus(row.widget)
        await self.remove_children(stale)

    def _widget(self, each: Field) -> Widget:
        if each.choices:
            return Choice(each.choices, each.value, id=_id(each.name), unchosen=each.unchosen)
        if each.lines > 1:
            area = _Lines(each.value, id=_id(each.name), tab_behavior="focus", soft_wrap=False)
            area.styles.height = each.lines
            area.cursor_blink = False
            return area
        entry = Entry(
            each.value, password=each.secret, placeholder=each.placeholder, id=_id(each.name), disabled=each.fixed
        )
        entry.cursor_blink = False
        return entry

    def value(self, name: str) -> str:
        """Return what a field holds."""
        widget = self.query_one(f"#{_id(name)}")
        if isinstance(widget, TextArea):
            return widget.text
        assert isinstance(widget, Choice | Input)  # noqa: S101 -- fields are one of these
        return widget.value if isinstance(widget, Choice) or widget.password else widget.value.strip()

    def values(self) -> Mapping[str, str]:
        """Return what all fields hold, by name; secrets are remembered, to be blacked out. A path that is shown is none."""
        for each in self.fields:
            if each.secret and self.query_one(f"#{_id(each.name)}", Input).password:
                remember_secret(self.value(each.name))
        return {each.name: self.value(each.name) for each in self.fields}

    def show_problem(self, name: str, text: str) -> None:
        """Show what is wrong under a field, and give it the keys; an unknown name goes to the first field."""
        known = [each.name for each in self.fields]
        place = name if name in known else known[0]
        words = self.query_one(f".problem-{_id(place)}", _Words)
        words.show(f"✗ {text}")
        words.add_class("-shown")
        self._problems[place] = self.value(place)
        self.query_one(f"#{_id(place)}").focus()

    def clear_problems(self) -> None:
        """Take the problems away."""
        self._problems.clear()
        for words in self.query("._problem"):
            words.remove_class("-shown")

    def _forget_problem(self, name: str) -> None:
        """Take a problem away whose field has changed."""
        if name in self._problems and self._problems[name] != self.value(name):
            del self._problems[name]
            self.query_one(f".problem-{_id(name)}").remove_class("-shown")

    def focus_first(self) -> None:
        """Give the keys to the first field that is empty, else to the first."""
        usable = [each for each in self.fields if not each.fixed]
        empty = [each for each in usable if not each.value and not each.choices]
        target = (empty or usable)[0]
        self.query_one(f"#{_id(target.name)}").focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._forget_problem(_name(event.input))
        self.post_message(Changed(_name(event.input), "" if event.input.password else event.value))

    def on_changed(self, message: Changed) -> None:
        self._forget_problem(message.name)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._go_on(event.input)

    def on__entered(self, message: _Entered) -> None:
        message.stop()
        self._go_on(message.choice)

    def _go_on(self, widget: Widget) -> None:
        """Go from a field to the next one; from the last one to what the page has for it."""
        last = [each.name for each in self.fields if not each.fixed][-1]
        done = getattr(self.screen, "form_done", None)
        if done is not None and _name(widget) == last:
            done()
        else:
            self.screen.focus_next()
