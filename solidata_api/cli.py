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
    if given.command in ("create-admin", "audit"):
        return _keep(loaded, given)
    if given.command in _REMOTE_NEEDS:
        return _remote(loaded, given.command)
    return supervisor.run(loaded, demo=getattr(given, "demo", False))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="appserver.py", description="Solidata, one service from messy files to one API."
    )
    parser.set_defaults(mode=None, host=None, port=None)
    _add_run_options(parser)
    commands = parser.add_subparsers(dest="command", metavar="run | demo | …")
    run = commands.add_parser("run", help="run the service (the default)")
    _add_run_options(run)
    run.add_argument("--demo", action="store_true", help="load the demo once the service is ready")
    demo = commands.add_parser("demo", help="load the demo into a running service, through its API")
    demo.add_argument("--base-url", required=True, help="where the service runs, such as http://127.0.0.1:4000")
    _add_remote_commands(commands)
    _add_keepers_commands(commands)
    return parser


def _add_keepers_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    admin = commands.add_parser("create-admin", help="make an admin; asks for the password, or reads it as a line")
    _add_run_options(admin)
    admin.add_argument("--email", required=True, help="the address to log in with; an account it has is raised")
    admin.add_argument("--name", default="Admin", help="given name (Admin)")
    admin.add_argument("--surname", default="", help="family name")
    parts = commands.add_parser("audit", help="the audit log").add_subparsers(dest="part", required=True)
    verify = parts.add_parser("verify", help="check that no entry was changed or taken out")
    _add_run_options(verify)
    verify.add_argument("--expect", metavar="N:MAC", help="an entry noted earlier, which must still stand there")


def _add_remote_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    _add_run_options(commands.add_parser("scheduler", help="hand jobs to workers on other machines (DASK_SCHEDULER)"))
    _add_run_options(commands.add_parser("worker", help="run jobs that the scheduler at DASK_SCHEDULER hands out"))


def _add_run_options(parser: argparse.ArgumentParser) -> None:
    # No default here: a sub-command's would overwrite what stands before it.
    absent = argparse.SUPPRESS
    parser.add_argument("--mode", choices=settings.MODES, default=absent, help="dev by default")
    parser.add_argument("--host", default=absent, help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=absent, help="the port to listen on (4000)")


#: What these commands can't do without, whatever the mode.
_REMOTE_NEEDS = {"scheduler": ("dask_scheduler",), "worker": ("dask_scheduler", "mongo_uri", "secret_key")}


def _remote(loaded: settings.Settings, command: str) -> int:
    missing = [name.upper() for name in _REMOTE_NEEDS[command] if not getattr(loaded, name)]
    if missing:
        print(f"Solidata can't start: {command} needs {', '.join(missing)}", file=sys.stderr)
        return 2
    from solidata_api.jobs import remote  # loads dask, which no other command of ours needs

    return remote.run_scheduler(loaded) if command == "scheduler" else remote.run_worker(loaded)


def _keep(loaded: settings.Settings, given: argparse.Namespace) -> int:
    from solidata_api import commands  # brings the database along

    if given.command == "create-admin":
        return commands.create_admin(loaded, given.email, given.name, given.surname)
    return commands.verify_audit(loaded, given.expect)


def _demo(loaded: settings.Settings, base_url: str) -> int:
    from solidata_api import demo  # not needed by any other command

    return int(demo.main(base_url, loaded.data_dir) or 0)


if __name__ == "__main__":
    sys.exit(main())
