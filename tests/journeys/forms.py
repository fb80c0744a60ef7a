"""How someone fills in the forms of the guided set-up: a type from its list, values by the labels of their fields."""

from __future__ import annotations

import re
import time

from tests.journeys.tmux import Person

__all__ = ["choose", "fill"]


def choose(person: Person, kind: str) -> None:
    """Choose a type in the list, a row at a time, each once it is seen."""
    person.sees(lambda screen: bool(chosen_row(screen)))
    while (chosen := chosen_row(person.screen())) != kind:
        assert kind in person.screen(), person.screen()
        person.press("Down")
        person.sees(lambda screen, chosen=chosen: chosen_row(screen) not in ("", chosen))
    person.press("Enter")


def chosen_row(screen: str) -> str:
    """Return the first word of the chosen row; nothing while it is being drawn."""
    found = re.search(r"▌ ([a-z]+) ", screen)
    return found[1] if found else ""


def fill(person: Person, **values: object) -> None:
    """Write values into fields, by their labels, wherever the keys are now."""
    person.sees("Next")
    for label, value in values.items():
        go_to(person, label)
        if label in ("protocol", "sslmode", "from"):
            for _ in range(8):
                if f"‹ {value} ›" in person.screen():
                    break
                person.press("Right")
            person.sees(f"‹ {value} ›")
        else:
            person.press("C-u")
            person.type(str(value))
            person.sees(rf"{label} +{re.escape(str(value))}")


def go_to(person: Person, label: str) -> None:
    """Press Tab until the field of a label has the keys; a form may be gone through several times on a busy machine."""
    for _ in range(80):
        line = where_keys_are(person)
        if re.match(rf" +{label} ", line):
            time.sleep(0.3)  # the page may just be giving the keys to its first empty field
            if where_keys_are(person) == line:
                return
            continue
        person.press("Tab")
        person.sees(lambda _screen, line=line: where_keys_are(person) != line)
    raise AssertionError(f"{label} was not reached:\n{person.screen()}")


def where_keys_are(person: Person) -> str:
    """Return the line of the field that has the keys, once two looks agree: while a page is drawn the cursor is anywhere."""
    line = _line_of_keys(person)
    while True:
        time.sleep(0.05)
        before, line = line, _line_of_keys(person)
        if line == before:
            return line


def _line_of_keys(person: Person) -> str:
    """Return the line that says how a choice is changed, or that has the cursor; both are of the same moment."""
    *lines, row = person.tmux(
        "capture-pane", "-p", "-t", "journey", ";", "display-message", "-p", "-t", "journey", "#{cursor_y}"
    ).splitlines()
    return next((line for line in lines if "← → changes it" in line or "▸" in line), lines[int(row)])
