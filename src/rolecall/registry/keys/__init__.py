"""API keys as the administrators see them: listed, made, revoked."""
