"""Names that are nearly right: the nearest one that is known, and how the dialect wants it written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches

from core.query.output_names import fold

__all__ = ["as_written", "nearest_name"]

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = frozenset(
    """
    ALL ANALYSE ANALYZE AND ANY ARRAY AS ASC AT AUTHORIZATION BETWEEN BOTH BY CASE CAST CHECK COLLATE COLUMN CONNECT CONSTRAINT CONTAINS
    CREATE CROSS CUBE CURRENT CURRENT_DATE CURRENT_ROLE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER DEFAULT DEFERRABLE
    DEFINE DELETE DESC DISTINCT DO DROP ELSE END ENUM ESCAPE EXCEPT EXCLUDE EXISTS EXTRACT FALSE FETCH FOLLOWING FOR
    FOREIGN FREEZE FROM FULL FUNCTION GRANT GROUP GROUPING GROUPS HASH HAVING IF IGNORE ILIKE IN INCREMENT INITIALLY INNER
    INSERT INTERSECT INTERVAL INTO IS ISNULL ISSUE JOIN LATERAL LEADING LEFT LIKE LIMIT LOCALTIME LOCALTIMESTAMP LOOKUP
    MERGE MINUS NATURAL NEW NO NOT NOTNULL NULL NULLS OF OFFSET OLD ON ONLY OR ORDER OUTER OVER OVERLAPS PARTITION PLACING
    PRECEDING PRIMARY PROTO QUALIFY RANGE RECURSIVE REFERENCES REGEXP RESPECT RETURNING REVOKE RIGHT RLIKE ROLLUP ROW ROWS
    SAMPLE SELECT SESSION_USER SET SIMILAR SOME START STRUCT SYMMETRIC TABLE TABLESAMPLE THEN TO TRAILING TREAT TRIGGER
    TRUE UNBOUNDED UNION UNIQUE UNNEST UPDATE USER USING VALUES VARIADIC VERBOSE WHEN WHENEVER WHERE WINDOW WITH WITHIN
    """.split()  # noqa: SIM905 -- a list of words reads as one
)
"""Words that one of the five warehouses takes for no name without quotes; quotes are right everywhere."""

_RESERVED_BY_REDSHIFT = frozenset(
    """
    AES128 AES256 ALLOWOVERWRITE BACKUP BINARY BLANKSASNULL BYTEDICT BZIP2 CREDENTIALS CURRENT_USER_ID DEFLATE DEFRAG DELTA
    DELTA32K DISABLE EMPTYASNULL ENABLE ENCODE ENCRYPT ENCRYPTION EXPLICIT GLOBALDICT256 GLOBALDICT64K GZIP IDENTITY LANGUAGE LUN LUNS LZO
    LZOP MOSTLY16 MOSTLY32 MOSTLY8 OFF OFFLINE OID OPEN PARALLEL PERCENT PERMISSIONS RAW READRATIO RECOVER REJECTLOG RESORT RESTORE
    SNAPSHOT SYSDATE SYSTEM TAG TDES TEXT255 TEXT32K TIMESTAMP TOP TRUNCATECOLUMNS WALLET WITHOUT
    """.split()  # noqa: SIM905 -- as above
)
"""More words that Redshift takes for no name: https://docs.aws.amazon.com/redshift/latest/dg/r_pg_keywords.html"""

_SHARE = 0.7
"""How much of two names has to be the same for one to be offered for the other."""


def nearest_name(name: str, known: Sequence[str]) -> str:
    """Return the known name that is nearest to one, whatever their case; "" where none is near."""
    by_lowered = {each.lower(): each for each in known}
    same = by_lowered.get(name.lower())
    if same is not None:
        return same
    close = get_close_matches(name.lower(), list(by_lowered), n=1, cutoff=_SHARE)
    return by_lowered[close[0]] if close else ""


def as_written(name: str, dialect: str) -> str:
    """Write a name as it has to stand in a query: in quotes where the warehouse would make another name of it."""
    reserved = _RESERVED | _RESERVED_BY_REDSHIFT if dialect == "redshift" else _RESERVED
    plain = _PLAIN.fullmatch(name) is not None and name.upper() not in reserved
    if plain and (dialect in ("bigquery", "duckdb", "redshift") or fold(name, quoted=False, dialect=dialect) == name):
        return name
    return f"`{name}`" if dialect == "bigquery" else '"' + name.replace('"', '""') + '"'
