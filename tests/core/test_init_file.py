from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rolecall.core.config_reader import read_config
from rolecall.core.init_file import Answers, render
from rolecall.errors import ConfigError

ANSWERS = Answers(
    role_name="CadoResponseRole",
    trusted_principals=["arn:aws:iam::111111111111:role/CadoResponsePlatform"],
    external_id="5f0c",
    units=["/"],
    region="us-east-1",
    assume_profile="platform",
    platform_name="forensics",
    platform_url="https://platform.example.com",
    platform_key="env:ROLECALL_PLATFORM_KEY",
)

names = st.text("abcXYZ019_+=,.@-", min_size=1, max_size=64)
anything = st.text(min_size=1).filter(lambda text: all(not 0xD800 <= ord(char) <= 0xDFFF for char in text))
answers = st.builds(
    Answers,
    role_name=names,
    trusted_principals=st.lists(names.map("arn:aws:iam::123456789012:role/{}".format), min_size=1, max_size=10),
    external_id=st.text("abcXYZ019_+=,.@:/-", min_size=2, max_size=50).filter(lambda text: text != "none"),
    units=st.lists(anything.map("/{}".format), min_size=1, max_size=5),
    region=st.sampled_from(["us-east-1", "eu-central-1"]),
    assume_profile=st.none() | anything,
    platform_name=st.text("abc019_.-", min_size=1, max_size=64),
    platform_url=st.none() | st.just("https://platform.example.com"),
    platform_key=anything.map("file:{}".format),
)


@settings(max_examples=100, deadline=None)
@given(answers)
def test_whatever_the_answers_what_is_written_is_read_with_the_same_values(given_answers: Answers) -> None:
    config = read_config(render(given_answers), "rolecall.yaml")
    assert config.role.name == given_answers.role_name
    assert config.role.trusted_principals == list(given_answers.trusted_principals)
    assert config.role.external_id == given_answers.external_id
    assert config.targets.organizational_units == [unit.rstrip("/") or "/" for unit in given_answers.units]
    assert config.deployment.region == given_answers.region
    assert config.check.assume_from.profile == given_answers.assume_profile
    platforms = [(platform.name, platform.url, platform.api_key) for platform in config.platforms]
    told = (given_answers.platform_name, given_answers.platform_url, given_answers.platform_key)
    assert platforms == ([told] if given_answers.platform_url else [])


def test_the_file_is_commented_and_shows_what_else_can_be_said() -> None:
    text = render(replace(ANSWERS, platform_url=None, assume_profile=None))
    assert "# platforms:" in text
    assert "# assume_from:" in text
    assert read_config(text, "x").platforms == []


@pytest.mark.parametrize(
    ("answers", "key"),
    [
        (replace(ANSWERS, role_name="a b"), "role.name"),
        (replace(ANSWERS, platform_key="the-key-itself"), "platforms[0].api_key"),
        (replace(ANSWERS, region="us-east-1, eu-west-1"), "deployment.region"),
        (replace(ANSWERS, trusted_principals=["root"]), "role.trusted_principals[0]"),
    ],
)
def test_a_wrong_answer_is_told_like_any_other_problem(answers: Answers, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_config(render(answers), "rolecall.yaml")
    assert [problem.key for problem in caught.value.problems] == [key]
