"""What makes an app of a test start in a seventh of the time: what all of them share."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Flask

import planpush

# What blueprints fill.
LEFT = (
    "view_functions", "blueprints", "before_request_funcs", "after_request_funcs",
    "teardown_request_funcs", "template_context_processors", "url_default_functions",
    "url_value_preprocessors",
)  # fmt: skip


def register_once() -> None:
    """Keep what registering the blueprints leaves in an app: all but a fifth of its start.

    No view, hook or rule of a blueprint knows the app; one map of routes serves all of them, until
    one adds a route of its own.
    """
    register, made = planpush.init_views, list[Flask]()

    def init_views(app: Flask) -> None:
        if not made:
            made.append(registered(app, register))
        app.url_map = made[0].url_map
        app.add_url_rule = partial(add_to_own, app)  # type: ignore[method-assign]
        for name in LEFT:
            ours = getattr(app, name)
            for key, left in getattr(made[0], name).items():
                ours[key] = [*ours.get(key, ()), *left] if isinstance(left, list) else left

    planpush.init_views = init_views  # type: ignore[assignment]
    add_no_rule_twice(made)


def add_no_rule_twice(made: list[Flask]) -> None:
    """Compile no rule that stands in the map which the app is about to be given."""
    add = Flask.add_url_rule

    def add_url_rule(app: Flask, rule: str, endpoint: Any = None, *told: Any, **more: Any) -> None:
        # It comes before the blueprints, as those of static files do.
        if made and app.name == made[0].name and not app.blueprints:
            app.view_functions[endpoint] = more["view_func"] if more else told[0]
        else:
            add(app, rule, endpoint, *told, **more)

    Flask.add_url_rule = add_url_rule  # type: ignore[method-assign]


def add_to_own(app: Flask, *args: Any, **options: Any) -> None:
    """Add a route to a map that is this app's alone, from its first one on."""
    del app.add_url_rule  # type: ignore[method-assign]
    shared = app.url_map
    app.url_map = type(shared)(
        [rule.empty() for rule in shared.iter_rules()],
        converters=shared.converters,
        merge_slashes=shared.merge_slashes,
    )
    app.add_url_rule(*args, **options)


def registered(like: Flask, register: Callable[[Flask], None]) -> Flask:
    """An app with nothing but its blueprints."""
    made = Flask(like.name, static_folder=None)
    made.extensions, made.url_map = like.extensions, like.url_map
    for name in LEFT:
        getattr(made, name).clear()
    register(made)
    assert not made.error_handler_spec and not made.shell_context_processors
    return made
