"""HTML handlers, one module for each resource, in folders by topic."""
