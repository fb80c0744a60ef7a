"""`backhaul web`: the console in a browser, on this machine."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import click

from core.cli.output import folder_option, say
from core.cli.project_args import open_project
from core.errors import UsageError

__all__ = ["web"]


@click.command()
@click.option("--port", default=8765, show_default=True, type=click.IntRange(1, 65_535), help="Where it listens.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Another address needs --token, said so.")
@click.option(
    "--token/--no-token",
    default=None,
    help="Ask for a token: by default. A new one is created each time, unless BACKHAUL_WEB_TOKEN is set. Without one, only on loopback.",
)
@folder_option
def web(*, port: int, host: str, token: bool | None, folder: Path | None) -> None:
    """Serve the console to a browser on this machine; reach it from another one through `ssh -L`."""
    from core.web.guard import Door, is_loopback, token_of

    if not is_loopback(host) and not token:
        raise UsageError(
            f"{host} can be reached from other machines.",
            remedy="Say --token as well, and put TLS before it; or leave --host out and reach it through `ssh -L`.",
        )
    project = open_project(folder, looking=True)
    door = Door(host=host, port=port, token="" if token is False else token_of(os.environ))
    _look_for_the_port(host, port)
    from core.web.serving import addresses, serve

    address, tunnel = addresses(door)

    def told() -> None:
        say(f"The console of {project.name} is at {address}", sign="ok")
        if is_loopback(host):
            say(f"  From another machine: {tunnel}, then open that address there.", dim=True)
        else:
            say(
                "  This is not encrypted: anyone who can see the traffic sees the token. Put TLS in front of it.",
                sign="warn",
            )
        say("  ^C stops it; runs continue.", dim=True)

    serve(project.folder, door, told)


def _look_for_the_port(host: str, port: int) -> None:
    """Raise UsageError where the port is taken, or the address is not this machine's."""
    import socket

    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with closing(socket.socket(family[0], socket.SOCK_STREAM)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(family[4])
    except OSError as error:
        raise UsageError(
            f"{host} port {port}: {error.strerror or error}.", remedy="Choose another with --port."
        ) from error
