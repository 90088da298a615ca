"""Tells what was asked, at the end of the run."""

from __future__ import annotations

from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, told in getattr(report, "user_properties", []):
                if name == "fuzzed" and report.when == "call":
                    terminalreporter.write_line(told)
