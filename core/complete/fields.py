"""The fields of a call, for whoever writes `AS`: what each means, which the query still lacks, and how the dialect has it written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from core.calls.fields import CALLS, GROUP_TRAITS, OBJECTS, SPELLINGS, canonical_field, place_of
from core.calls.semantic import SEMANTIC_EVENTS, SemanticEvent
from core.lint.base import Context
from core.lint.names import as_written
from core.model import CallType

__all__ = ["MEANINGS", "FieldNeeded", "events", "fields_for", "meaning_of", "written"]

MEANINGS: Mapping[str, str] = {
    "userId": "who it is: the id of the person in your own database",
    "anonymousId": "who it is, before an id is known",
    "email": "the address; some destinations take it for an id",
    "timestamp": "when it happened; now, where it is absent",
    "event": "what the person did",
    "messageId": "an id of this event, by which it is never sent twice",
    "groupId": "the id of the company or object",
    "previousId": "the id that the person had before",
    "name": "the name of the page or screen",
    "category": "the category of the page or screen",
    "objectTypeId": "what kind of object it is; 1, where it is absent",
    "relationshipAttributes": "an object of what is true of the person in this group",
    "traits": "an object of traits, merged with those of their own columns",
    "properties": "an object of properties, merged with those of their own columns",
    "context": "an object of what surrounds the call: ip, locale, device",
    "integrations": "an object of what each tool behind the destination is to do",
}
_LAST = ("context", "integrations", "traits", "properties")
_SNAKE = {field: spelled for spelled, field in SPELLINGS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldNeeded:
    """A field, why it is offered, and its turn: 0 where the call lacks it."""

    name: str
    why: str
    turn: int


def fields_for(context: Context, given: set[str], texts: set[str]) -> Iterator[FieldNeeded]:
    """Yield the fields that a query can still give; `given` are the names of its columns, `texts` the texts in it."""
    call = context.call
    if call is None:
        return
    there = set(_fields_of(call, given, context.columns))
    shape = CALLS[call]
    own = [*shape.fields, *(sorted(GROUP_TRAITS) if call is CallType.GROUP else ())]
    own += ["email"] if call is CallType.IDENTIFY else []
    missing = [group for group in shape.required if not there & set(group)]
    lacking = {name: group for group in missing for name in group}
    for event in _named(texts, context):
        for place in event.needs:
            name = place.removeprefix("properties.")
            if name not in there:
                yield FieldNeeded(name=name, why=f"the event {event.names[0]} needs it", turn=0)
                there.add(name)
    for turn, name in enumerate(lacking):
        group = lacking[name]
        others = " or ".join(each for each in group if each != name)
        if name not in there:
            why = f"required by {call} calls" + (f", unless there is {others}" if others else "")
            yield FieldNeeded(name=name, why=why, turn=turn)
            there.add(name)
    bag = shape.bag
    objects = [name for name in _LAST if name in OBJECTS and (name not in ("traits", "properties") or name == bag)]
    for turn, name in enumerate([*own, *objects], 20):
        if name not in there:
            yield FieldNeeded(name=name, why=MEANINGS[name], turn=turn)


def meaning_of(call: CallType, name: str) -> str:
    """Say what a column of this name becomes in a call."""
    field = canonical_field(call, name) or name
    place = place_of(call, name)
    if place.problem:
        return place.problem
    path = ".".join(place.path)
    return (
        f"{path}: {MEANINGS[field]}" if (field in MEANINGS and len(place.path) == 1) or path == "traits.email" else path
    )


def written(field: str, dialect: str) -> str:
    """Write a field's name as it has to stand behind AS; Redshift and BigQuery have other names for some."""
    if dialect == "redshift" and field != field.lower():
        return _SNAKE.get(field, f'"{field}"')
    if dialect == "bigquery" and "." in field:
        return field.rpartition(".")[2]  # no dots in names there: [columns] of the sync says where it goes
    return as_written(field, dialect)


def events(context: Context) -> Iterator[tuple[str, str]]:
    """Yield the names of semantic events that a destination of the query acts on, each with what it needs."""
    if context.call is not CallType.TRACK:
        return
    if context.receivers and not any(receiver.semantic_events for receiver in context.receivers):
        return
    for event in SEMANTIC_EVENTS:
        for name in event.names:
            yield name, f"needs {', '.join(event.needs)}"


def _named(texts: set[str], context: Context) -> Iterator[SemanticEvent]:
    """Return the semantic events that the query names."""
    known = {name for name, _ in events(context)}
    return (event for event in SEMANTIC_EVENTS if known & texts & set(event.names))


def _fields_of(call: CallType, names: set[str], columns: Mapping[str, str]) -> Iterator[str]:
    for name in names:
        place = place_of(call, name, columns.get(name))
        if place.path:
            yield (
                place.path[0]
                if len(place.path) == 1
                else ".".join(place.path).removeprefix("traits.").removeprefix("properties.")
            )
