"""Findings, fixes, words and candidates, as the language server protocol has them. Pure: a text and a Context give an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lsprotocol import types

from core.complete import complete
from core.complete.describing import described
from core.control_chars import escape_control_chars
from core.lint import Context, fix_all, lint, page
from core.lsp.positions import Lines
from core.model import Finding, Severity
from core.query import parse
from core.query.layout import laid_out

__all__ = ["SOURCE", "Text"]

SOURCE = "backhaul"
_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.HINT: types.DiagnosticSeverity.Information,
}
_KINDS = {
    "keyword": types.CompletionItemKind.Keyword,
    "table": types.CompletionItemKind.Class,
    "schema": types.CompletionItemKind.Module,
    "column": types.CompletionItemKind.Field,
    "function": types.CompletionItemKind.Function,
    "with": types.CompletionItemKind.Variable,
    "alias": types.CompletionItemKind.Variable,
    "field": types.CompletionItemKind.Property,
    "placeholder": types.CompletionItemKind.Constant,
    "event": types.CompletionItemKind.Event,
}


@dataclass(frozen=True, kw_only=True)
class Text:
    """A query in an editor: its text, its lines, and what it is for."""

    uri: str
    text: str
    context: Context
    lines: Lines = field(repr=False)

    def diagnostics(self) -> list[types.Diagnostic]:
        """Return the findings."""
        return [self._diagnostic(found) for found in lint(self.text, self.context)]

    def _diagnostic(self, found: Finding) -> types.Diagnostic:
        return types.Diagnostic(
            range=self.lines.range(found.start, found.end),
            message=escape_control_chars(found.message),
            severity=_SEVERITIES[found.severity],
            code=found.rule,
            source=SOURCE,
        )

    def actions(self, asked: types.Range, only: Sequence[str] | None) -> list[types.CodeAction]:
        """Return the fixes of the findings that touch a range, and one that fixes all that is certain."""
        start, end = self.lines.offset(asked.start), self.lines.offset(asked.end)
        found = [each for each in lint(self.text, self.context) if each.fix is not None]
        actions = []
        if _wanted(types.CodeActionKind.QuickFix, only):
            actions += [self._quick_fix(each) for each in found if each.start <= end and start <= each.end]
        if any(each.fix and each.fix.certain for each in found) and _wanted(types.CodeActionKind.SourceFixAll, only):
            edit = self._whole(fix_all(self.text, self.context)[0])
            kind = types.CodeActionKind.SourceFixAll
            actions.append(types.CodeAction(title="Apply all certain fixes", kind=kind, edit=self._edit([edit])))
        return actions

    def _quick_fix(self, found: Finding) -> types.CodeAction:
        edits = found.fix.edits if found.fix else ()
        return types.CodeAction(
            title=escape_control_chars(found.fix.label) if found.fix else found.rule,
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[self._diagnostic(found)],
            edit=self._edit(
                [types.TextEdit(range=self.lines.range(edit.start, edit.end), new_text=edit.text) for edit in edits]
            ),
        )

    def hover(self, position: types.Position) -> types.Hover | None:
        """Tell the rule of a finding, or what a word is."""
        offset = self.lines.offset(position)
        found = [each for each in lint(self.text, self.context) if each.start <= offset < max(each.end, each.start + 1)]
        word = described(self.text, offset, self.context)
        parts = [f"**{_plain(each.message)}**\n\n`{each.rule}`: {page(each.rule)}" for each in _nearest(found)]
        parts += ["\n\n".join(_plain(line) for line in word.lines)] if word else []
        if not parts:
            return None
        place = (found[0].start, found[0].end) if found else (word.start, word.end) if word else (offset, offset)
        content = types.MarkupContent(kind=types.MarkupKind.Markdown, value="\n\n---\n\n".join(parts))
        return types.Hover(contents=content, range=self.lines.range(*place))

    def completion(self, position: types.Position) -> types.CompletionList:
        """Return what can be typed; it is asked for again at each key, since the order is ours."""
        items = []
        for place, each in enumerate(complete(self.text, self.lines.offset(position), self.context)):
            span = self.lines.range(each.start, each.end)
            if span.start.line != span.end.line:  # the protocol wants one line
                continue
            replaced = self.text[each.start : each.end]
            items.append(
                types.CompletionItem(
                    label=each.label,
                    kind=_KINDS[each.kind],
                    detail=each.detail or None,
                    documentation=each.why or None,
                    sort_text=f"{place:03}",
                    filter_text=each.insert if replaced[:1] in ("'", '"', "`", "{") else each.label,
                    text_edit=types.TextEdit(range=span, new_text=each.insert),
                )
            )
        return types.CompletionList(is_incomplete=True, items=items)

    def formatting(self) -> list[types.TextEdit]:
        """Lay the query out. Raises UsageError where it cannot be read."""
        text = laid_out(parse(self.text, self.context.dialect))
        if "\r\n" in self.text:
            text = text.replace("\r\n", "\n").replace("\n", "\r\n")
        return [] if text == self.text else [self._whole(text)]

    def _whole(self, text: str) -> types.TextEdit:
        return types.TextEdit(range=self.lines.range(0, len(self.text)), new_text=text)

    def _edit(self, edits: list[types.TextEdit]) -> types.WorkspaceEdit:
        return types.WorkspaceEdit(changes={self.uri: edits})


def _wanted(kind: str, only: Sequence[str] | None) -> bool:
    """Return whether an editor that asks for some kinds of actions asks for this one."""
    return only is None or any(kind == each or kind.startswith(f"{each}.") or not each for each in only)


def _nearest(found: list[Finding]) -> list[Finding]:
    """Return the findings that are told in full: the shortest ones first, three at the most."""
    return sorted(found, key=lambda each: each.end - each.start)[:3]


def _plain(text: str) -> str:
    """Take their meaning in Markdown from the signs of a name, and what it may hold for a terminal."""
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]<>#|!" else sign for sign in escape_control_chars(text))
