"""MCP: every other agent's way to read plans, answer comments and push."""
