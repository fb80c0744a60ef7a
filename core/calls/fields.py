"""The six call types: which fields each has, which it needs, and where a query's column goes.

Sources: the three documents under "seeds" of the design (Customer.io's two pages on Snowflake reverse ETL and
Segment's page on SQL traits), Segment's specification, and Customer.io's page on group calls, which keeps
`objectTypeId` and `relationshipAttributes` inside `traits`.

A column that is no field is a trait (identify, group) or a property (track, page, screen); alias has neither.
`context.ip`, `integrations.All`, `traits.plan` and `properties.url` name a place inside an object; dots nest deeper.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.model import CallType

__all__ = [
    "AS_TEXT",
    "CALLS",
    "COMMON_TRAITS",
    "OBJECTS",
    "REFUSED",
    "CallFields",
    "Place",
    "canonical_field",
    "place_of",
]

AS_TEXT = ":text"
"""Behind a field in [columns] ('traits.zip:text'): the column travels as text. Never decided value by value."""

SPELLINGS: Mapping[str, str] = {
    "user_id": "userId",
    "anonymous_id": "anonymousId",
    "group_id": "groupId",
    "previous_id": "previousId",
    "message_id": "messageId",
    "object_type_id": "objectTypeId",
    "relationship_attributes": "relationshipAttributes",
}
"""Other spellings that are taken as the same field."""

REFUSED: Mapping[str, str] = {
    "type": "the sync's call type says it",
    "version": "the destination sets it",
    "receivedAt": "the destination sets it when the call arrives",
    "received_at": "the destination sets it when the call arrives",
    "sentAt": "receivers correct timestamps by it, so a call that is sent again later would move in time",
    "sent_at": "receivers correct timestamps by it, so a call that is sent again later would move in time",
}
"""Columns that no query may give, with the reason."""

COMMON_TRAITS = frozenset({"type", "version"})
"""Those of them that are often meant as a trait or a property."""

OBJECTS = ("traits", "properties", "context", "integrations")
"""Columns of these names are whole objects, merged with the single columns that go into them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFields:
    """The fields of one call type.

    `fields` are the top-level ones in the order in which they are sent; `ids` those that are identifiers (always
    strings); `required` groups of which each needs at least one column; `keys` the identity of a row, first present
    first (None: the messageId where the query gives one, else the whole row); `bag` is where all else goes.
    """

    fields: tuple[str, ...]
    required: tuple[tuple[str, ...], ...]
    bag: str | None
    keys: tuple[tuple[str, ...], ...] | None
    needs_trait: bool = False
    own_message_id: bool = False


_EVENT = (("userId", "anonymousId"),)

CALLS: Mapping[CallType, CallFields] = {
    CallType.IDENTIFY: CallFields(
        fields=("userId", "anonymousId", "timestamp"),
        required=(("userId", "anonymousId", "email"),),
        bag="traits",
        keys=(("userId",), ("anonymousId",), ("email",)),
        needs_trait=True,
    ),
    CallType.TRACK: CallFields(
        fields=("userId", "anonymousId", "event", "timestamp", "messageId"),
        required=(("event",), *_EVENT),
        bag="properties",
        keys=None,
        own_message_id=True,
    ),
    CallType.GROUP: CallFields(
        fields=("userId", "anonymousId", "groupId", "timestamp"),
        required=(("groupId",),),
        bag="traits",
        keys=(("groupId", "userId"),),
        needs_trait=True,
    ),
    CallType.PAGE: CallFields(
        fields=("userId", "anonymousId", "name", "category", "timestamp", "messageId"),
        required=(("name",), *_EVENT),
        bag="properties",
        keys=None,
        own_message_id=True,
    ),
    CallType.SCREEN: CallFields(
        fields=("userId", "anonymousId", "name", "category", "timestamp", "messageId"),
        required=(("name",), *_EVENT),
        bag="properties",
        keys=None,
        own_message_id=True,
    ),
    CallType.ALIAS: CallFields(
        fields=("userId", "previousId", "timestamp"),
        required=(("previousId",), ("userId",)),
        bag=None,
        keys=(("previousId", "userId"),),
    ),
}

IDS = frozenset({"userId", "anonymousId", "groupId", "previousId", "messageId"})
"""Fields that identify something: always strings on the wire, whole numbers without a point."""

GROUP_TRAITS = frozenset({"objectTypeId", "relationshipAttributes"})
"""Fields of a group call that live inside its traits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a column goes: `path` inside the call ('traits', 'email'); `whole` where it is a whole object.

    `problem` says why it can go nowhere.
    """

    path: tuple[str, ...]
    whole: bool = False
    problem: str = ""


def canonical_field(call: CallType, column: str) -> str | None:
    """Return the field that a column name stands for ('user_id' -> 'userId'), or None where it is a trait or property."""
    name = SPELLINGS.get(column, column)
    if name in CALLS[call].fields or (call is CallType.GROUP and name in GROUP_TRAITS):
        return name
    return None


def place_of(call: CallType, column: str, target: str | None = None) -> Place:
    """Say where a query's column goes in a call; `target` is what the sync's [columns] says of it, which wins."""
    fields = CALLS[call]
    name = target.removesuffix(AS_TEXT) if target else column
    spelled = SPELLINGS.get(name, name)
    if spelled in REFUSED:
        why = f"{name!r} cannot be given by a query: {REFUSED[spelled]}"
        instead = f'; to send it as one of the {fields.bag}, put "{column}" = "{fields.bag}.{name}" under [columns]'
        return Place(path=(), problem=why + (instead if fields.bag and name in COMMON_TRAITS else ""))
    if spelled == "messageId" and not fields.own_message_id:
        return Place(
            path=(), problem="a messageId can be given for track, page and screen only; here Backhaul makes it"
        )
    if spelled in fields.fields:
        return Place(path=(spelled,))
    if spelled in OBJECTS:
        return _object(call, spelled)
    head, dot, rest = spelled.partition(".")
    if dot and head in OBJECTS:
        place = _object(call, head)
        parts = tuple(rest.split("."))
        if not place.problem and not all(parts):
            return Place(path=(), problem=f"{name!r} has an empty part between its dots")
        return place if place.problem else Place(path=(head, *parts))
    if fields.bag is None:
        return Place(path=(), problem=f"{call} calls carry no traits, so {name!r} has nowhere to go")
    inside = spelled if call is CallType.GROUP and spelled in GROUP_TRAITS else name
    return Place(path=(fields.bag, inside))


def _object(call: CallType, name: str) -> Place:
    """Return the place of a whole object, which a call type may not have."""
    bag = CALLS[call].bag
    if name in ("traits", "properties") and name != bag:
        instead = f"; {call} calls have {bag}" if bag else ""
        return Place(path=(), problem=f"{call} calls have no {name}{instead}")
    return Place(path=(name,), whole=True)
