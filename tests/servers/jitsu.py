"""A receiver that answers a batch as Jitsu does (github.com/jitsucom/bulker, ingest/router_batch_handler.go): 200, with
what became of the calls in the body.

A call with one of the texts of /_refuse is not taken: as an event error, or, where the text begins with "later", as a
producer error, once for each messageId.
"""

from __future__ import annotations

import json
import re
from typing import ClassVar

import receiver


class Handler(receiver.Handler):
    seen: ClassVar[set[str]] = set()

    def refusal(self, body: bytes) -> int | None:
        return None

    def answer(self, body: bytes) -> str:
        calls = json.loads(body)["batch"]
        errors = [error for call in calls if (error := self.error_of(call))]
        said = {"ok": not errors, "receivedEvents": len(calls), "okEvents": len(calls) - len(errors)}
        return json.dumps(said | ({"errors": errors} if errors else {}))

    def error_of(self, call: dict) -> str:
        text = json.dumps(call)
        found = next((each for each in self.state.refuse.get("containing", []) if each in text), None)
        if found is None:
            return ""
        name = re.sub(r"[^a-zA-Z0-9._-]", "_", call["messageId"])[:64]
        if not found.startswith("later"):
            return f"Message ID: {name}: event error: invalid event"
        with self.state.lock:
            if name in self.seen:
                return ""
            self.seen.add(name)
        return f"Message ID: {name}: error# aB3: producer error"


if __name__ == "__main__":
    receiver.main(Handler)
