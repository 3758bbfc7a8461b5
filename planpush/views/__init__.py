"""Handlers: find through what the person may see, ask the model, answer."""
