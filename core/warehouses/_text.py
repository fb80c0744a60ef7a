"""The analyst's text, up to what a session may put something behind."""

from __future__ import annotations

from core.scan import PieceKind, scan

__all__ = ["BLANK", "up_to_last_token"]

BLANK = "; \t\r\n\f\v"


def up_to_last_token(sql: str, dialect: str) -> str:
    """Give the text without the semicolons and comments that it ends in; all before keeps its place."""
    end = 0
    for piece in scan(sql, dialect):
        text = sql[piece.start : piece.end]
        if piece.kind is PieceKind.CODE:
            text = text.rstrip(BLANK)
        if text and piece.kind is not PieceKind.COMMENT:
            end = piece.start + len(text)
    return sql[:end]
