"""planpush: visual design documents from AI planning sessions, on your own server."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from planpush.config import Config
from planpush.database.session import init_db, init_migrating
from planpush.logs import init_logs
from planpush.pages.comments.cards import init_cards
from planpush.pages.comments.draft_forms import init_drafts
from planpush.pages.comments.panel import init_panel
from planpush.pages.plans.documents import init_document
from planpush.pages.plans.unseen import init_since
from planpush.paths import STATIC, TEMPLATES
from planpush.routes import init_views
from planpush.server.health import init_readiness
from planpush.signin.state import FlowCookie
from planpush.subscribers import init_subscribers
from planpush.web.access_log import init_access
from planpush.web.assets import init_assets
from planpush.web.auth import init_auth
from planpush.web.csrf import init_csrf
from planpush.web.errors import init_errors
from planpush.web.headers import init_headers
from planpush.web.method_override import MethodOverride
from planpush.web.metrics import init_metrics
from planpush.web.public_address import PublicAddress
from planpush.web.responses import RowId, init_compress
from planpush.web.templates import init_jinja


def create_app(config: Config | None = None) -> Flask:
    """Return the application. Raises `ConfigError` for an environment that it cannot use."""
    config = config or Config.from_env()
    init_logs(config.log_level)
    app = Flask("planpush", template_folder=str(TEMPLATES), static_folder=str(STATIC))
    app.extensions["planpush_config"] = config
    app.session_interface = FlowCookie()
    app.url_map.merge_slashes = False
    # No view is a coroutine; Flask would look at each hook and view, every time.
    app.ensure_sync = lambda func: func  # type: ignore[method-assign]
    app.url_map.converters["id"] = RowId
    # JSON escapes make a document up to three times longer on its way here.
    app.config["MAX_CONTENT_LENGTH"] = 3 * config.max_document_bytes + 1024 * 1024
    init_access(app)  # first: it sees what all others made of the answer
    init_db(app, config.database_url)
    init_migrating(app)
    init_compress(app)
    init_headers(app)
    init_auth(app)
    init_csrf(app)
    init_assets(app)
    init_jinja(app)
    init_document(app)
    init_cards(app)
    init_drafts(app)
    init_panel(app)
    init_since(app)
    init_errors(app)
    init_readiness(app)
    init_subscribers(app)
    init_views(app)
    init_metrics(app)
    app.wsgi_app = MethodOverride(app.wsgi_app)  # type: ignore[method-assign]
    if config.trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=config.trusted_proxies, x_proto=0
        )
    app.wsgi_app = PublicAddress(app.wsgi_app, config.base_url)  # type: ignore[method-assign]
    return app
