"""Programs act for people: device flow, authorization code, registration."""
