"""JSON handlers for programs, with their OpenAPI document."""
