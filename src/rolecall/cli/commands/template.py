"""`rolecall template`: the CloudFormation template on stdout, or the policy that protects the role.

Calls no AWS but S3, and that only with --upload or --link.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rolecall.cli import options
from rolecall.errors import UsageError

if TYPE_CHECKING:
    from rolecall.cli.options import Options
    from rolecall.core.config import Config


class Form(StrEnum):
    """How the template is written."""

    YAML = "yaml"
    JSON = "json"


class Language(StrEnum):
    """Whose language the deployment is written in."""

    CLOUDFORMATION = "cloudformation"
    TERRAFORM = "terraform"


class Target(StrEnum):
    """What the template is for: the management account's role has the groups that are its alone."""

    STACKSET = "stackset"
    MANAGEMENT = "management"
    ADMIN_ROLE = "admin-role"
    EXECUTION_ROLE = "execution-role"
    DISCOVERY = "discovery"
    PROTECT_SCP = "protect-scp"


def register(app: typer.Typer) -> None:
    app.command("template", help="Print the CloudFormation template, ready for the console's StackSet wizard.")(
        template
    )


def template(
    context: typer.Context,
    format: Annotated[
        Form | None, typer.Option(help="How to write it; yaml, and for protect-scp json.", show_default=False)
    ] = None,
    target: Annotated[Target, typer.Option("--for", help="What it is for.")] = Target.STACKSET,
    language: Annotated[
        Language, typer.Option("--as", help="terraform: the whole deployment, stack set and stack, as HCL.")
    ] = Language.CLOUDFORMATION,
    upload: Annotated[
        bool, typer.Option("--upload", help="Put it into deployment.template_bucket and print its URL.")
    ] = False,
    link: Annotated[
        bool, typer.Option("--link", help="Upload it, and print a link to the console's page that makes a stack of it.")
    ] = False,
) -> None:
    from rolecall.cli.accepted import accepted_config

    given = options.of(context)
    form = Form.JSON if given.json else format
    if target is Target.PROTECT_SCP:
        _refuse_for_a_policy(form, upload or link)
    if language is Language.TERRAFORM:
        _refuse_beside_terraform(form, target, upload or link)
        _print_terraform(accepted_config(given))
        return
    config = accepted_config(given)
    text = _text(config, target, form or Form.YAML)
    if not (upload or link):
        typer.echo(text, nl=False)
        return
    url = _uploaded(given, config, text, form or Form.YAML)
    typer.echo(_link(config, target, url) if link else url)


def _refuse_beside_terraform(form: Form | None, target: Target, upload: bool) -> None:
    if form or upload or target is not Target.STACKSET:
        hint = "leave --format, --json, --for, --upload and --link out: it holds the stack set and the stack"
        raise UsageError("--as terraform is the whole deployment in one form", hint=hint)


def _print_terraform(config: Config) -> None:
    from rolecall.core.template.terraform import terraform

    typer.echo(terraform(config), nl=False)


def _refuse_for_a_policy(form: Form | None, upload: bool) -> None:
    if form is Form.YAML:
        hint = "leave --format yaml out: AWS Organizations reads no YAML"
        raise UsageError("a service control policy is written as JSON", hint=hint)
    if upload:
        hint = "give it to `aws organizations create-policy --content file://…`"
        raise UsageError("a service control policy is no template", hint=hint)


def _text(config: Config, target: Target, form: Form) -> str:
    """Templates with the config's values as defaults, so that the console asks for nothing."""
    from rolecall.core.template import filled, parameters, protect_scp, render

    document = _builders()[target](config)
    if target is Target.PROTECT_SCP:
        return protect_scp.render(document)
    return render(filled(document, parameters(config.role)), form.value)


def _builders() -> dict[Target, Callable[[Config], dict[str, Any]]]:
    from rolecall.core.template import admin_role, build, discovery, execution_role, protect_scp

    return {
        Target.STACKSET: lambda config: build(config.role.for_members),
        Target.MANAGEMENT: lambda config: build(config.role),
        Target.ADMIN_ROLE: admin_role.build,
        Target.EXECUTION_ROLE: execution_role.build,
        Target.DISCOVERY: discovery.build,
        Target.PROTECT_SCP: protect_scp.build,
    }


def _uploaded(given: Options, config: Config, text: str, form: Form) -> str:
    """The object's URL. Raises UsageError where the config names no bucket, AwsError where AWS refuses."""
    import asyncio

    from rolecall.wiring.assembly import Credentials, open_template_bucket

    bucket = open_template_bucket(config, Credentials(given.profile, given.region))
    if bucket is None:
        raise UsageError("there is no bucket to put it into", hint="give deployment.template_bucket")
    return asyncio.run(bucket.upload(text, form.value))


def _link(config: Config, target: Target, url: str) -> str:
    from rolecall.core.template.console import quick_create_link

    whole = target in (Target.STACKSET, Target.MANAGEMENT)
    name = config.stack_set_name if whole else f"{config.stack_set_name}-{target.value}"
    return quick_create_link(url, name, config.deployment.region, config.partition)
