"""The config of a command that deploys the role, or prints what deploys it."""

from __future__ import annotations

import typer

from rolecall.cli.options import Options
from rolecall.core.config import Config
from rolecall.wiring.config_file import load_config
from rolecall.wiring.lint import accept_role


def accepted_config(options: Options) -> Config:
    """With a role that passes the linter; what else is to be said of it, on stderr. Raises RoleRefused."""
    config = load_config(options.config)
    for remark in accept_role(config):
        typer.echo(f"note: {remark}", err=True)
    return config
