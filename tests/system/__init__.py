"""Real servers, real browsers, real documents."""
