"""`planpush` as it is served, with two addresses more that only a bench asks for.

`python -m bench.host serve …` is `planpush serve …`: the same processes, threads and settings.
`CONSTANT` is answered by a plain Flask app with one view, `WITHIN` by the same view in planpush's
own: what every answer of planpush costs (its id, its line in the log, its headers) lies between.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Flask, Response

import planpush.cli.app
from planpush import create_app
from planpush.cli import main
from planpush.config import Config
from planpush.web.auth import public

CONSTANT, WITHIN = "/bench/constant", "/bench/within"
BODY = b"Constant, so that nothing is left but the server and Flask.   \n" * 968  # 60 KB


def constant() -> Response:
    """Answer the same 60 KB each time."""
    return Response(BODY, mimetype="application/octet-stream")


def with_ceiling(config: Config | None = None) -> Flask:
    """Return planpush's app with the constant view beside it, and within it."""
    app, bare = create_app(config), Flask("bench")
    bare.add_url_rule(CONSTANT, "constant", constant)
    app.add_url_rule(WITHIN, "bench_within", public(constant))
    ours = app.wsgi_app

    def choose(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        return (bare if environ["PATH_INFO"] == CONSTANT else ours)(environ, start)

    app.wsgi_app = choose  # type: ignore[assignment,method-assign]
    return app


if __name__ == "__main__":
    planpush.cli.app.create_app = with_ceiling  # type: ignore[attr-defined]
    main.main()
