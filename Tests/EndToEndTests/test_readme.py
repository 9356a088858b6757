"""What the README and the help tell a reader to do, done."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from processes import siphon_binary

pytestmark = pytest.mark.usefixtures("binary")

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def help_on(*topic: str) -> str:
    return subprocess.run([siphon_binary(), *topic], capture_output=True, text=True, timeout=10, check=True).stdout


def test_the_rule_file_does_what_it_says(start_siphon, upstream, open_client, tmp_path):
    (example,) = blocks("yaml")
    path = tmp_path / "rules.yaml"
    path.write_text(example)
    siphon = start_siphon(upstream.url, "--rules", str(path))
    client = open_client(siphon.url)
    client.emit("typing", {"user": 1})
    client.emit("join", {"room": "lobby", "n": 1.0})
    assert siphon.wait_for(name="typing")[0]["verdict"] == ["dropped"]
    joined = siphon.wait_for(name="join")[0]
    assert joined["verdict"] == ["modified", "forwarded"]
    assert joined["args"][0]["room"] == "staging"


def test_the_calls_of_the_api_work_as_they_stand(siphon, open_client):
    client = open_client(siphon.url)
    client.emit("join", {"room": "lobby"})
    siphon.wait_for(name="join")
    (example,) = blocks("sh")
    calls = [each for each in example.split("\n\n") if each.strip()]
    assert len(calls) == 2
    environment = {**os.environ, "TOKEN": siphon.token, "INSPECTOR": siphon.inspector_base}
    answers = []
    for call in calls:
        done = subprocess.run(["sh", "-c", call], env=environment, capture_output=True, text=True, timeout=20)
        answers.append(json.loads(done.stdout))
    assert [each["name"] for each in answers[0]["events"]] == ["join"]
    assert answers[1]["ack"] is not None


def test_every_file_and_script_that_it_names_is_there():
    for target in re.findall(r"\]\(([^)#]+)\)", README) + re.findall(r"(?:^    |`)(scripts/[a-z/]+)", README, re.M):
        assert (ROOT / target).exists(), target


def test_the_help_knows_every_option_and_topic_that_it_names():
    overview = help_on("--help")
    for option in set(re.findall(r"(?<![-|])(--[a-z][a-z-]+)", README)) - {"--help"}:
        assert option in overview, option
    for topic in re.findall(r"siphon help ([a-z]+)", overview + README):
        assert len(help_on("help", topic).splitlines()) > 5


def test_every_filter_in_the_help_is_one(siphon):
    examples = re.findall(r"^  ([a-z]+:\S+)  ", help_on("help", "filters"), re.M)
    assert len(examples) > 5
    for example in examples:
        assert siphon.api.get("events", params={"filter": example}) is not None, example
