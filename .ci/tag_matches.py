"""Stops a release whose tag is not the version of the project: `tag_matches.py v1.2.3`."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

version = tomllib.loads(Path("pyproject.toml").read_text())["project"]["version"]
if sys.argv[1:] != [f"v{version}"]:
    sys.exit(f"the tag is {' '.join(sys.argv[1:])}, the project says {version}")
