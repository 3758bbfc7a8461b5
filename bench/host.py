"""`python -m bench.host serve …` is `planpush serve …` with one more view.

`CONSTANT` is answered by a plain Flask app with a single view: what a request costs the server at
least.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Flask, Response

import planpush.cli.app
from planpush import create_app
from planpush.cli import main
from planpush.config import Config

CONSTANT = "/bench/constant"
BODY = b"Constant, so that nothing is left but the server and Flask.   \n" * 968  # 60 KB


def constant() -> Response:
    """Return the same 60 KB each time."""
    return Response(BODY, mimetype="application/octet-stream")


def with_constant_view(config: Config | None = None) -> Flask:
    """Return planpush's app with the constant view beside it."""
    app, bare = create_app(config), Flask("bench")
    bare.add_url_rule(CONSTANT, "constant", constant)
    ours = app.wsgi_app

    def choose(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        return (bare if environ["PATH_INFO"] == CONSTANT else ours)(environ, start)

    app.wsgi_app = choose  # type: ignore[assignment,method-assign]
    return app


if __name__ == "__main__":
    planpush.cli.app.create_app = with_constant_view  # type: ignore[attr-defined]
    main.main()
