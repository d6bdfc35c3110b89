"""The registry's web page: server-rendered, works without JavaScript."""
