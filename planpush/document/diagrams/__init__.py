"""Mermaid source becomes SVG on the server."""
