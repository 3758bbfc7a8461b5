"""Paths of templates, static files and migrations, in a checkout and when installed."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = PACKAGE.parent
ROOT = _CHECKOUT if (_CHECKOUT / "pyproject.toml").is_file() else PACKAGE

TEMPLATES = ROOT / "templates"
STATIC = ROOT / "static"
MIGRATIONS = ROOT / "migrations"
PLUGIN = ROOT / "plugin"
SAMPLES = PACKAGE / "samples"
