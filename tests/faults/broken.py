"""Deliberately broken engines."""

BROKEN: dict = {}
