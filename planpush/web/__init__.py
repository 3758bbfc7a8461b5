"""HTTP: authentication, errors, headers, limits, responses, templates and assets."""
