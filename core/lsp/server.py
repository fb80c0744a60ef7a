"""The protocol: what an editor asks, and when findings are published. The one boundary of this process.

Findings are looked for a moment after the last key (a text is linted in milliseconds, but an editor sends each key), in a thread of
their own, and only published for the text that they were found in. Texts come whole with each change: pygls cuts lines at signs that
are none in the protocol, so parts would be put in wrong places.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from core import __version__
from core.errors import BackhaulError
from core.lsp.answers import SOURCE, Text
from core.lsp.documents import Settings, about, settings_of
from core.lsp.positions import Lines
from core.model import CallType

__all__ = ["serve"]

_LOG = logging.getLogger(__name__)
_PAUSE = 0.2
"""Seconds after the last key."""

_TRIGGERS = [".", '"', "`", "'", "{"]


def serve(dialect: str = "", call: CallType | None = None) -> None:
    """Serve one editor on stdin and stdout until it leaves; `dialect` and `call` are for files that belong to no sync."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Bare())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    _Server(Settings(dialect=dialect, call=call)).start_io()


class _Bare(logging.Formatter):
    """Says what happened without the values: they may hold the text of a query."""

    def format(self, record: logging.LogRecord) -> str:
        kind = record.exc_info[0] if record.exc_info else None
        return f"{record.levelname} {record.name}: {record.msg}" + (f" ({kind.__name__})" if kind else "")


class _Server(LanguageServer):
    """What an editor is answered."""

    def __init__(self, settings: Settings) -> None:
        super().__init__("backhaul", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full)
        self._begun_with = self._settings = settings
        self._open: set[str] = set()
        self._waiting: dict[str, asyncio.Task[None]] = {}
        does: dict[str, tuple[Callable[..., Any], Any]] = {
            types.INITIALIZE: (self._initialize, None),
            types.TEXT_DOCUMENT_DID_OPEN: (self._opened, None),
            types.TEXT_DOCUMENT_DID_CHANGE: (self._changed, None),
            types.TEXT_DOCUMENT_DID_SAVE: (self._saved, None),
            types.TEXT_DOCUMENT_DID_CLOSE: (self._closed, None),
            types.WORKSPACE_DID_CHANGE_CONFIGURATION: (self._configured, None),
            types.WORKSPACE_DID_CHANGE_WATCHED_FILES: (self._watched, None),
            types.TEXT_DOCUMENT_CODE_ACTION: (
                self._actions,
                types.CodeActionOptions(
                    code_action_kinds=[types.CodeActionKind.QuickFix, types.CodeActionKind.SourceFixAll]
                ),
            ),
            types.TEXT_DOCUMENT_HOVER: (self._hover, None),
            types.TEXT_DOCUMENT_COMPLETION: (
                self._completion,
                types.CompletionOptions(trigger_characters=_TRIGGERS),
            ),
            types.TEXT_DOCUMENT_FORMATTING: (self._formatting, None),
        }
        for name, (function, options) in does.items():
            self.feature(name, options)(partial(function))  # pygls notes something at each, and a method takes no notes

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log that something went wrong; the default would show the editor's user each message that could not be read."""
        _LOG.error("A message was not answered.", exc_info=error)

    def _initialize(self, parameters: types.InitializeParams) -> None:
        self._settings = settings_of(parameters.initialization_options, self._begun_with)

    def _configured(self, parameters: types.DidChangeConfigurationParams) -> None:
        self._settings = settings_of(parameters.settings, self._begun_with)
        self._check_all()

    def _watched(self, _parameters: types.DidChangeWatchedFilesParams) -> None:
        self._check_all()

    def _opened(self, parameters: types.DidOpenTextDocumentParams) -> None:
        self._open.add(parameters.text_document.uri)
        self._check_soon(parameters.text_document.uri, 0)

    def _changed(self, parameters: types.DidChangeTextDocumentParams) -> None:
        self._check_soon(parameters.text_document.uri, _PAUSE)

    def _saved(self, _parameters: types.DidSaveTextDocumentParams) -> None:
        self._check_all()  # another file's findings may hang on this one: a neighbour, a sync's own settings

    def _closed(self, parameters: types.DidCloseTextDocumentParams) -> None:
        uri = parameters.text_document.uri
        self._open.discard(uri)
        if waiting := self._waiting.pop(uri, None):
            waiting.cancel()
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri=uri, diagnostics=[]))

    def _check_all(self) -> None:
        for uri in self._open:
            self._check_soon(uri, 0)

    def _check_soon(self, uri: str, pause: float) -> None:
        """Look for findings after a pause, in which no other change came."""
        if waiting := self._waiting.get(uri):
            waiting.cancel()
        self._waiting[uri] = asyncio.get_running_loop().create_task(self._check(uri, pause))

    async def _check(self, uri: str, pause: float) -> None:
        await asyncio.sleep(pause)
        document = self.workspace.get_text_document(uri)
        text, version = document.source, document.version
        try:
            found = await asyncio.to_thread(self._found, uri, text)
        except Exception:  # noqa: BLE001 -- the boundary of this process: a fault in a rule takes no other answer with it
            _LOG.exception("No findings could be given.")
            return
        if uri in self._open and self.workspace.get_text_document(uri).version == version:
            answer = types.PublishDiagnosticsParams(uri=uri, diagnostics=found, version=version)
            self.text_document_publish_diagnostics(answer)

    def _found(self, uri: str, text: str) -> list[types.Diagnostic]:
        query, problem = self._query(uri, text)
        found = query.diagnostics() if query else []
        if problem:
            first = Lines(text, self._encoding()).range(0, 0)
            severity = types.DiagnosticSeverity.Warning
            found.append(types.Diagnostic(range=first, message=problem, severity=severity, source=SOURCE))
        return found

    def _query(self, uri: str, text: str | None = None) -> tuple[Text | None, str]:
        """Return the query in a document, None where nothing is known of it, and what is wrong with its sync."""
        path = to_fs_path(uri)
        known = about(Path(path) if path else Path(), self._settings)
        if known.context is None:
            return None, known.problem
        document = self.workspace.get_text_document(uri) if text is None else None
        whole = document.source if document else text or ""
        return Text(uri=uri, text=whole, context=known.context, lines=Lines(whole, self._encoding())), known.problem

    def _encoding(self) -> str:
        return self.server_capabilities.position_encoding or types.PositionEncodingKind.Utf16

    def _actions(self, parameters: types.CodeActionParams) -> list[types.CodeAction]:
        query, _ = self._query(parameters.text_document.uri)
        return query.actions(parameters.range, parameters.context.only) if query else []

    def _hover(self, parameters: types.HoverParams) -> types.Hover | None:
        query, _ = self._query(parameters.text_document.uri)
        return query.hover(parameters.position) if query else None

    def _completion(self, parameters: types.CompletionParams) -> types.CompletionList | None:
        query, _ = self._query(parameters.text_document.uri)
        return query.completion(parameters.position) if query else None

    def _formatting(self, parameters: types.DocumentFormattingParams) -> list[types.TextEdit]:
        query, _ = self._query(parameters.text_document.uri)
        try:
            return query.formatting() if query else []
        except BackhaulError as error:
            message = types.ShowMessageParams(type=types.MessageType.Warning, message=str(error))
            self.window_show_message(message)
            return []
