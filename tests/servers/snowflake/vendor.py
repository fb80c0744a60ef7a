"""Errors as Snowflake writes them: code, SQLSTATE and text, made from those of fakesnow, DuckDB and sqlglot."""

from __future__ import annotations

import re
from dataclasses import dataclass

import duckdb
import snowflake.connector.errors
import sqlglot
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokens import TokenType

COMPILATION = "SQL compilation error:"


@dataclass
class VendorError(Exception):
    """An error of a statement; `status` is that of the HTTP reply."""

    code: str
    message: str
    state: str = "42000"
    status: int = 200


def canceled() -> VendorError:
    return VendorError("000604", "SQL execution canceled", "57014")


def timed_out(seconds: float) -> VendorError:
    text = f"Statement reached its statement or warehouse timeout of {seconds:.0f} second(s) and was canceled."
    return VendorError("000630", text, "57014")


def missing(kind: str, name: str) -> VendorError:
    return VendorError("002003", f"{COMPILATION}\n{kind} '{name}' does not exist or not authorized.", "02000")


def several(count: int) -> VendorError:
    text = f"Actual statement count {count} did not match the desired statement count 1."
    return VendorError("000008", text, "0A000")


def unexpected(sql: str, offset: int, what: str) -> VendorError:
    line, position = place(sql, offset)
    text = f"{COMPILATION}\nsyntax error line {line} at position {position} unexpected '{what}'."
    return VendorError("001003", text)


def place(sql: str, offset: int) -> tuple[int, int]:
    """Return line (from 1) and position in it (from 0)."""
    before = sql[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1)


def syntax_error(error: ParseError | TokenError, sql: str) -> VendorError:
    """Return the error of a text that sqlglot cannot parse."""
    details = error.errors[0] if isinstance(error, ParseError) and error.errors else {}
    context, word = details.get("start_context", ""), details.get("highlight", "")
    at = sql.find(context + word)
    if not details or at < 0:
        return unexpected(sql, len(sql), "<EOF>")
    return unexpected(sql, at + len(context), word)


def translated(error: Exception, sql: str) -> VendorError:
    """Return an error of running or describing `sql` as Snowflake's."""
    if isinstance(error, VendorError):
        return error
    if isinstance(error, (ParseError, TokenError)):
        return syntax_error(error, sql)
    if isinstance(error, duckdb.InterruptException):
        return canceled()
    text = str(getattr(error, "msg", None) or error)
    for known in (_name, _comparison, _conversion):
        if found := known(text, sql):
            return found
    if isinstance(error, snowflake.connector.errors.Error):
        code = error.errno if error.errno and error.errno > 0 else 0
        return VendorError(f"{code:06d}", text, error.sqlstate or "42000")
    return VendorError("000603", f"SQL execution internal error: {type(error).__name__}: {text}", "XX000")


def _name(text: str, sql: str) -> VendorError | None:
    if found := re.search(r'Referenced column "(.+?)" not found|Referenced table "(.+?)" not found', text):
        name = found[1] or found[2]
        line, position = place(sql, _find(sql, name))
        message = f"SQL compilation error: error line {line} at position {position}\ninvalid identifier '{name}'"
        return VendorError("000904", message)
    if found := re.search(r"Table with name (\S+) does not exist", text):
        return missing("Object", found[1])
    if found := re.search(r"Schema with name (\S+) does not exist", text):
        return missing("Schema", found[1].upper())
    if found := re.search(r"Catalog \"?(\w+)\"? does not exist", text):
        return missing("Database", found[1].upper())
    if found := re.search(r"(?:Scalar|Table|Aggregate) Function with name (\S+) does not exist", text):
        return VendorError("002140", f"{COMPILATION}\nUnknown function {found[1].upper()}", "42601")
    return None


def _comparison(text: str, sql: str) -> VendorError | None:
    found = re.search(r"Cannot compare values of type (.+?) and (?:values of )?type (.+?) ", text)
    if not found:
        return None
    known = {
        "TIMESTAMP": "TIMESTAMP_NTZ(9)",
        "TIMESTAMP WITH TIME ZONE": "TIMESTAMP_TZ(9)",
        "DATE": "DATE",
    }
    time = next((known[side] for side in found.groups() if side in known), "")
    number = next(iter(re.findall(r"\b\d{9,10}\b", sql)), "0")
    message = (
        f"SQL compilation error: error line 1 at position {place(sql, sql.find(number))[1]}\n"
        f"Can not convert parameter '{number}' of type [NUMBER(38,0)] into expected type [{time}]"
    )
    return VendorError("001038", message, "22023") if time else None


def _conversion(text: str, _sql: str) -> VendorError | None:
    if found := re.search(r"Could not convert string '(.*?)' to (?:INT|DECIMAL|DOUBLE)", text):
        return VendorError("100038", f"Numeric value '{found[1]}' is not recognized", "22018")
    return None


def _find(sql: str, name: str) -> int:
    """Return where a name stands in the code of a statement."""
    quoted = (TokenType.STRING, TokenType.NATIONAL_STRING)
    for token in sqlglot.tokenize(sql, read="snowflake"):
        if token.token_type not in quoted and token.text.upper() == name.upper():
            return token.start
    return 0
