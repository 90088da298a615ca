"""The commands behind `appserver.py`: `run`, which is the default, and `demo`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from solidata_api import settings, supervisor


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks; the exit status for the shell."""
    given = _parser().parse_args(arguments)
    try:
        loaded = settings.load(os.environ, mode=given.mode, host=given.host, port=given.port)
        settings.check(loaded)
    except settings.SettingsError as error:
        print(f"Solidata can't start: {error}", file=sys.stderr)
        return 2
    if given.command == "demo":
        return _demo(loaded, given.base_url)
    return supervisor.run(loaded, demo=getattr(given, "demo", False))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="appserver.py", description="Solidata, one service from messy files to one API."
    )
    parser.set_defaults(mode=None, host=None, port=None)
    _add_run_options(parser)
    commands = parser.add_subparsers(dest="command", metavar="run | demo")
    run = commands.add_parser("run", help="run the service (the default)")
    _add_run_options(run)
    run.add_argument("--demo", action="store_true", help="load the demo once the service is ready")
    demo = commands.add_parser("demo", help="load the demo into a running service, through its API")
    demo.add_argument("--base-url", required=True, help="where the service runs, such as http://127.0.0.1:4000")
    return parser


def _add_run_options(parser: argparse.ArgumentParser) -> None:
    # No default here: a sub-command's would overwrite what stands before it.
    absent = argparse.SUPPRESS
    parser.add_argument("--mode", choices=settings.MODES, default=absent, help="dev by default")
    parser.add_argument("--host", default=absent, help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=absent, help="the port to listen on (4000)")


def _demo(loaded: settings.Settings, base_url: str) -> int:
    from solidata_api import demo  # not needed by any other command

    return int(demo.main(base_url, loaded.data_dir) or 0)


if __name__ == "__main__":
    sys.exit(main())
