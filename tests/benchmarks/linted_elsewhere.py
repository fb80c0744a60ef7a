"""Lints with sqlfluff, in an environment of its own: a line of JSON asks, a line of JSON answers with the seconds it took.

    python linted_elsewhere.py DIALECT          asks on stdin: {"text": "SELECT ..."}

All its rules look, as they do where nothing is configured; the placeholder is a value of its templater, so that the text can be read.
"""

from __future__ import annotations

import json
import sys
import time

from sqlfluff.core import FluffConfig, Linter


def main() -> None:
    core = {"dialect": sys.argv[1], "large_file_skip_byte_limit": 0}
    jinja = {"context": {"last_sync_time": "0"}}
    linter = Linter(config=FluffConfig(configs={"core": core, "templater": {"jinja": jinja}}))
    for line in sys.stdin:
        text = json.loads(line)["text"]
        began = time.perf_counter()
        found = linter.lint_string(text)
        taken = time.perf_counter() - began
        unread = sum(1 for each in found.violations if each.rule_code() in ("PRS", "TMP", "LXR"))
        print(json.dumps({"seconds": taken, "violations": len(found.violations), "unread": unread}), flush=True)


if __name__ == "__main__":
    main()
