"""The scanner knows where strings, quoted identifiers and comments end in each dialect."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.query import DIALECTS
from core.scan import PieceKind, scan

CODE, STRING, IDENTIFIER, COMMENT = PieceKind

CASES = [
    ("postgres", "a 'it''s' b", [(CODE, "a "), (STRING, "'it''s'"), (CODE, " b")]),
    ("postgres", r"'a\' b", [(STRING, r"'a\'"), (CODE, " b")]),
    ("postgres", r"e'a\'b' c", [(CODE, "e"), (STRING, r"'a\'b'"), (CODE, " c")]),
    ("postgres", r"type'a\' c", [(CODE, "type"), (STRING, r"'a\'"), (CODE, " c")]),
    ("postgres", "/* a /* b */ c */ d", [(COMMENT, "/* a /* b */ c */"), (CODE, " d")]),
    ("postgres", "$x$ ' $$ $x$ a$b$c", [(STRING, "$x$ ' $$ $x$"), (CODE, " a$b$c")]),
    ("postgres", "a -- b\rc", [(CODE, "a "), (COMMENT, "-- b"), (CODE, "\rc")]),
    ("postgres", "/*/*/ ' */ */ d", [(COMMENT, "/*/*/ ' */ */"), (CODE, " d")]),
    ("postgres", "/*//*/ ' */ */ d", [(COMMENT, "/*//*/ ' */ */"), (CODE, " d")]),
    ("postgres", "/**/*/ d", [(COMMENT, "/**/"), (CODE, "*/ d")]),
    ("postgres", "x😀$$ d", [(CODE, "x😀$$ d")]),
    ("postgres", r"x😀e'a\' d", [(CODE, "x😀e"), (STRING, r"'a\'"), (CODE, " d")]),
    ("snowflake", "/*/ d */ e", [(COMMENT, "/*/ d */"), (CODE, " e")]),
    ("postgres", "a # b // c", [(CODE, "a # b // c")]),
    ("postgres", '"a""b" c', [(IDENTIFIER, '"a""b"'), (CODE, " c")]),
    ("duckdb", "/* /* */ */ 1", [(COMMENT, "/* /* */ */"), (CODE, " 1")]),
    ("redshift", r"'a\' b' c", [(STRING, r"'a\' b'"), (CODE, " c")]),
    ("snowflake", "a // b\nc", [(CODE, "a "), (COMMENT, "// b"), (CODE, "\nc")]),
    ("snowflake", r"'a\'b' $$ ' $$", [(STRING, r"'a\'b'"), (CODE, " "), (STRING, "$$ ' $$")]),
    ("snowflake", "/* /* */ 1", [(COMMENT, "/* /* */"), (CODE, " 1")]),
    ("bigquery", "a # b\n'c'", [(CODE, "a "), (COMMENT, "# b"), (CODE, "\n"), (STRING, "'c'")]),
    ("bigquery", '"""a"b""" `c``', [(STRING, '"""a"b"""'), (CODE, " "), (IDENTIFIER, "`c``")]),
    ("bigquery", r"r'\'' `a\`b`", [(CODE, "r"), (STRING, r"'\''"), (CODE, " "), (IDENTIFIER, r"`a\`b`")]),
]


@pytest.mark.parametrize(("dialect", "text", "pieces"), CASES)
def test_a_text_is_cut_where_the_warehouse_would_cut_it(
    dialect: str, text: str, pieces: list[tuple[PieceKind, str]]
) -> None:
    assert [(piece.kind, text[piece.start : piece.end]) for piece in scan(text, dialect)] == pieces


@pytest.mark.parametrize("text", ["'a", '"a', "/* a", "$$ a", "e'a\\'"])
def test_what_is_never_closed_is_marked_as_open(text: str) -> None:
    assert not scan(text, "postgres")[-1].closed


@given(st.text(alphabet="ab'\"`$#-/*\\\n ;", max_size=60), st.sampled_from(DIALECTS))
def test_the_pieces_of_any_text_are_the_whole_text(text: str, dialect: str) -> None:
    assert "".join(text[piece.start : piece.end] for piece in scan(text, dialect)) == text
    assert all(piece.start < piece.end for piece in scan(text, dialect))
