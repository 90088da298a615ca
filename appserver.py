"""Solidata's command line: `python appserver.py --mode=dev`. See `--help`."""

import sys

from solidata_api.cli import main

if __name__ == "__main__":
    sys.exit(main())
