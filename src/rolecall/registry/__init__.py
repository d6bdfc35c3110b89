"""The registry: an open accounts service that speaks the platform's API, with a web page.

Needs the extra `registry`.
"""
