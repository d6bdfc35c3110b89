"""No two statements of a role may have the same Sid: IAM refuses the policy that they stand in."""

from __future__ import annotations

import pytest

from rolecall.core.config_reader import read_config
from rolecall.core.permission_groups import GROUPS, PermissionGroup, Statement
from rolecall.core.permission_groups.own import read_group, write_group
from rolecall.errors import ConfigError

CONFIG = """\
version: 1
role:
  name: CadoResponseRole
  trusted_principals: [arn:aws:iam::111111111111:role/Platform]
  external_id: 5f0c-external
  permission_groups: [s3, our-own]
targets: {organizational_units: [/]}
"""


def own(*sids: str) -> PermissionGroup:
    statements = tuple(Statement(sid, ("s3:GetObject",)) for sid in sids)
    return PermissionGroup("our-own", "Our own", "For a test", statements, "a test", default=False, own=True)


def test_our_groups_share_none() -> None:
    sids = [statement.sid for group in GROUPS.values() for statement in group.statements]
    assert len(set(sids)) == len(sids)


def test_two_enabled_groups_that_share_one_are_told_with_the_line() -> None:
    with pytest.raises(ConfigError) as caught:
        read_config(CONFIG, "rolecall.yaml", {"our-own": own("OurOwn", "S3Objects")})
    [problem] = caught.value.problems
    assert (problem.line, problem.key) == (6, "role.permission_groups[1]")
    assert problem.message == "our-own has a statement S3Objects, as s3 has: rename it"


def test_a_group_that_is_not_enabled_may_share_one() -> None:
    config = read_config(CONFIG.replace("s3, our-own", "our-own"), "rolecall.yaml", {"our-own": own("S3Objects")})
    assert [group.id for group in config.role.groups] == ["our-own"]


def test_two_of_one_group_are_told() -> None:
    with pytest.raises(ConfigError) as caught:
        read_group(write_group(own("OurOwn", "OurOwn")), "own.yaml")
    assert [(problem.key, "same sid" in problem.message) for problem in caught.value.problems] == [("statements", True)]
