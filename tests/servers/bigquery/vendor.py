"""DuckDB's, sqlglot's and the emulator's errors in BigQuery's reasons and words, with places as BigQuery tells them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

STATUS = {
    "accessDenied": 403,
    "accessNotConfigured": 403,
    "billingNotEnabled": 403,
    "bytesBilledLimitExceeded": 400,
    "quotaExceeded": 403,
    "rateLimitExceeded": 403,
    "notFound": 404,
    "stopped": 499,
    "authError": 401,
    "backendError": 503,
}
TYPES = {
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP",
    "TIMESTAMP": "DATETIME",
    "DATE": "DATE",
    "INTEGER_LITERAL": "INT64",
    "BIGINT": "INT64",
    "VARCHAR": "STRING",
}
STATEMENTS: dict[type[exp.Expression], str] = {
    exp.Insert: "INSERT",
    exp.Delete: "DELETE",
    exp.Update: "UPDATE",
    exp.Merge: "MERGE",
    exp.TruncateTable: "TRUNCATE_TABLE",
    exp.Drop: "DROP_TABLE",
    exp.Alter: "ALTER_TABLE",
    exp.Export: "EXPORT_DATA",
    exp.LoadData: "LOAD_DATA",
    exp.Grant: "GRANT",
    exp.Revoke: "REVOKE",
}


@dataclass
class VendorError(Exception):
    """An error as BigQuery has them. `late`: the job was taken, and failed."""

    reason: str
    message: str
    status: int = 0
    late: bool = False

    def body(self) -> dict[str, Any]:
        status = self.status or STATUS.get(self.reason, 400)
        error = {"message": self.message, "domain": "global", "reason": self.reason}
        return {"error": {"code": status, "message": self.message, "errors": [error]}}

    @property
    def result(self) -> dict[str, str]:
        return {"reason": self.reason, "location": "query", "message": self.message}


def invalid(message: str, sql: str = "", at: int | None = None) -> VendorError:
    return VendorError("invalidQuery", message + (f" at [{place(sql, at)}]" if at is not None else ""))


def place(sql: str, offset: int) -> str:
    """Return line and column of an offset; a tab reaches to the next multiple of eight, as in BigQuery's parser."""
    before = sql[:offset]
    line = before[before.rfind("\n") + 1 :]
    return f"{before.count(chr(10)) + 1}:{len(line.expandtabs(8)) + 1}"


def parsed(sql: str) -> list[exp.Expression]:
    """Parse a text. Raises VendorError."""
    try:
        trees = [
            tree for tree in sqlglot.parse(sql, read="bigquery") if tree is not None and type(tree) is not exp.Semicolon
        ]
    except ParseError as error:
        told = error.errors[0]
        word = str(told.get("highlight") or "")
        lines = sql.split("\n")
        line, column = int(told.get("line") or 1), int(told.get("col") or 1)
        at = sum(len(text) + 1 for text in lines[: line - 1]) + column - len(word)
        what = f"Unexpected keyword {word.upper()}" if word.isalpha() else f"Unexpected {word!r}"
        raise invalid(f"Syntax error: {what}", sql, max(at, 0)) from error
    except TokenError as error:
        raise invalid("Syntax error: Unclosed string literal or comment", sql, 0) from error
    if not trees:
        raise invalid("Syntax error: Unexpected end of statement", sql, 0)
    return trees


def statement_type(trees: list[exp.Expression]) -> str:
    """Return what kind of statement BigQuery's dry run calls a text."""
    tree = trees[0]
    if len(trees) > 1 or isinstance(
        tree, (exp.Set, exp.Declare, exp.Execute, exp.Transaction, exp.Commit, exp.Rollback)
    ):
        return "SCRIPT"
    if isinstance(tree, (exp.Query, exp.Subquery)):
        return "SELECT"
    if isinstance(tree, exp.Create):
        return f"CREATE_{tree.kind}" + ("_AS_SELECT" if tree.kind == "TABLE" and tree.expression else "")
    for kind, name in STATEMENTS.items():
        if isinstance(tree, kind):
            return name
    return "SCRIPT"


def checked(tree: exp.Expression, sql: str) -> None:
    """Refuse what BigQuery's analysis refuses and the emulator does not: writes in a query, and names that repeat."""
    for node in tree.find_all(exp.DML, exp.DDL, exp.Drop, exp.Alter, exp.TruncateTable, exp.Command, exp.Set):
        if node is not tree and not isinstance(node, exp.Query):
            word = node.key.upper()
            raise invalid(f"Syntax error: Unexpected keyword {word}", sql, max(sql.upper().find(word), 0))
    if isinstance(tree, exp.Query):
        names = [str(name).lower() for name in tree.named_selects if name and name != "*"]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise invalid(
                f"Duplicate column names in the result are not supported. Found duplicate(s): {', '.join(twice)}"
            )


def translated(error: dict[str, Any], sql: str, *, project: str, dataset: str, location: str) -> VendorError:
    """Return the emulator's error as BigQuery would."""
    text = str(error.get("message", ""))
    if found := re.search(r'Referenced column \\?"([^"\\]+)\\?" not found|column named \\?"([^"\\]+)\\?"', text):
        name = found[1] or found[2]
        close = re.search(r'Candidate bindings: \\?"([^"\\]+)', text)
        hint = f"; Did you mean {close[1]}?" if close else ""
        return invalid(f"Unrecognized name: {name}{hint}", sql, find(sql, name))
    if found := re.search(r"Not found: [Tt]able:? ?([\w.:-]+)|Table with name (\w+) does not exist", text):
        parts = re.split(r"[.:]", found[1] or found[2])
        name = f"{project}:{parts[-2] if len(parts) > 1 else dataset}.{parts[-1]}"
        return VendorError("notFound", f"Not found: Table {name} was not found in location {location}")
    if found := re.search(r"Function not found: (\w+)|Function with name (\w+) does not exist", text):
        name = found[1] or found[2]
        return invalid(f"Function not found: {name}", sql, find(sql, name))
    if found := re.search(r"Cannot compare values of type ([A-Z ]+?) and type ([A-Z_ ]+?) -", text):
        left, right = (TYPES.get(each, each) for each in found.groups())
        operator = next((each for each in (">=", "<=", ">", "<", "=") if each in sql), ">=")
        message = (
            f"No matching signature for operator {operator} for argument types: {left}, {right}\n"
            f"  Signature: T1 {operator} T1\n    Unable to find common supertype for templated argument <T1>\n"
            f"      Input types for <T1>: {{{', '.join(sorted((left, right)))}}}"
        )
        return invalid(message, sql, max(sql.rfind(operator), 0))
    if found := re.search(r"Could not convert string '([^']*)' to INT", text):
        return VendorError("invalidQuery", f"Bad int64 value: {found[1]}")
    return VendorError(str(error.get("reason") or "invalidQuery"), text.split("\n", maxsplit=1)[0])


def find(sql: str, name: str) -> int | None:
    """Return where a name stands, outside of comments and texts."""
    code = re.sub(r"'(?:[^'\\]|\\.)*'|/\*.*?\*/|--[^\n]*", lambda found: " " * len(found[0]), sql, flags=re.DOTALL)
    found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", code, re.IGNORECASE)
    return found.start() if found else None
