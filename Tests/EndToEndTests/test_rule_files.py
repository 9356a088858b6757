"""The file of --rules: read again however it changes, never while it is half there, and written back to."""

import os
import shutil
import stat
import subprocess
import time

import pytest
from processes import eventually, siphon_binary


def text_of(*names: str) -> str:
    return "rules:\n" + "".join(f"- {{ when: event:{name}, then: drop }}\n" for name in names)


@pytest.fixture
def rules_file(tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text(text_of("a", "b"))
    return file


@pytest.fixture
def ruled(start_siphon, upstream, rules_file):
    return start_siphon(upstream.url, "--rules", str(rules_file))


def filters(siphon) -> list[str]:
    return [rule["when"].removeprefix("event:") for rule in siphon.api.get("rules")["rules"]]


def wait_for_filters(siphon, *names: str):
    eventually(lambda: filters(siphon) == list(names), what=f"the rules {names}")


def wait_for_error(siphon, part: str) -> dict:
    """In `GET rules` and in `GET status` alike."""

    def error():
        found = siphon.api.get("rules")["error"]
        return found if found and part in f"{found['path']} {found['message']}" else None

    found = eventually(error, what=f"an error with {part!r}")
    assert siphon.api.get("status")["rules"]["error"] == found
    return found


# Reading


def replace_as_editors_do(file, text):
    new = file.with_suffix(".new")
    new.write_text(text)
    new.rename(file)


def rename_away_and_write(file, text):
    file.rename(file.with_suffix(".yaml~"))
    time.sleep(0.05)
    file.write_text(text)


def write_in_place(file, text):
    with open(file, "r+") as open_file:
        open_file.truncate()
        open_file.write(text)


def keep_time_and_size(file, text):
    before = file.stat()
    assert len(text) == before.st_size
    file.write_text(text)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def through_a_link(file, text):
    target = file.with_name("target.yaml")
    target.write_text(text)
    file.unlink()
    file.symlink_to(target.name)


CHANGES = [replace_as_editors_do, rename_away_and_write, write_in_place, keep_time_and_size, through_a_link]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_is_read_however_it_is_made(ruled, rules_file, change):
    change(rules_file, text_of("c", "d"))
    wait_for_filters(ruled, "c", "d")
    assert ruled.api.get("rules")["error"] is None


def test_two_changes_at_once_with_the_same_size(ruled, rules_file):
    for names in (("c", "d"), ("e", "f"), ("g", "h")):
        rules_file.write_text(text_of(*names))
    wait_for_filters(ruled, "g", "h")
    # The first is read by now; the second looks like it but for its text.
    before = rules_file.stat()
    with open(rules_file, "r+") as open_file:
        open_file.write(text_of("i", "j"))
    os.utime(rules_file, ns=(before.st_atime_ns, before.st_mtime_ns))
    wait_for_filters(ruled, "i", "j")


def test_a_file_is_not_read_while_it_is_written(ruled, rules_file):
    """Each of its lines makes a file that parses; none of them may come into force but the last."""
    lines = text_of(*"abcdefgh").splitlines(keepends=True)
    seen = set()
    with open(rules_file, "w") as open_file:
        for line in lines:
            open_file.write(line)
            open_file.flush()
            seen.add("".join(filters(ruled)))
            assert ruled.api.get("rules")["error"] is None
            time.sleep(0.05)
    wait_for_filters(ruled, *"abcdefgh")
    assert seen == {"ab"}
    assert [rule["id"] for rule in ruled.api.get("rules")["rules"]][:2] == ["r1", "r2"]


def fill(path, kind):
    if kind == "a folder":
        path.mkdir()
    elif kind == "a pipe":
        os.mkfifo(path)
    elif kind == "larger than":
        path.write_text("#" * 2_000_000)
    elif kind == "did you mean drop?":
        path.write_text("rules:\n- when: event:x\n  then: drpo\n")
    elif kind == "not UTF-8":
        path.write_bytes(b"rules: # \xff\n")
    elif kind == "is empty":
        path.touch()
    elif kind == "cannot be opened: Too many levels":
        path.symlink_to(path)


@pytest.mark.parametrize(
    "kind",
    [
        "a folder", "a pipe", "larger than", "did you mean drop?", "not UTF-8", "is empty",
        "cannot be opened: No such file", "cannot be opened: Too many levels",
    ],
)  # fmt: skip
def test_what_cannot_be_used_leaves_the_rules_and_says_so(ruled, rules_file, kind):
    rules_file.unlink()
    fill(rules_file, kind)
    error = wait_for_error(ruled, kind)
    assert filters(ruled) == ["a", "b"]
    if kind.startswith("did you mean"):
        assert (error["path"], error["line"], error["column"]) == ("rules[0].then", 3, 9)
        assert "line 3, column 9: rules[0].then: unknown action drpo, did you mean drop?" in ruled.stderr_text()
    eventually(lambda: str(rules_file) in ruled.stderr_text(), what="the file's name in the log")

    shutil.rmtree(rules_file) if rules_file.is_dir() else rules_file.unlink(missing_ok=True)
    rules_file.write_text(text_of("c"))
    wait_for_filters(ruled, "c")
    assert ruled.api.get("rules")["error"] is None
    assert ruled.api.get("status")["rules"]["error"] is None
    assert ruled.stderr_text().count("is not used") == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(ruled, rules_file):
    rules_file.chmod(0)
    wait_for_error(ruled, "Permission denied")
    rules_file.chmod(0o600)
    eventually(lambda: ruled.api.get("rules")["error"] is None, what="the error gone")


@pytest.mark.parametrize("kind", ["a folder", "a pipe", "larger than", "is empty", "cannot be opened: No such file"])
def test_a_start_with_what_cannot_be_used(tmp_path, kind):
    path = tmp_path / "rules.yaml"
    fill(path, kind)
    command = [str(siphon_binary()), "http://127.0.0.1:9", "--listen", "127.0.0.1:0", "--no-inspector"]
    ended = subprocess.run([*command, "--rules", str(path)], capture_output=True, text=True, timeout=10)
    assert ended.returncode == 1 and ended.stdout == ""
    assert len(ended.stderr.splitlines()) == 1 and kind in ended.stderr


@pytest.mark.parametrize("form", ["\ufeff{}", "{}", "# é\n{}"])
@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
def test_byte_order_marks_and_line_breaks(ruled, rules_file, form, line_break):
    text = form.format(text_of("c", "d")).replace("\n", line_break)
    rules_file.write_bytes(text.encode())
    wait_for_filters(ruled, "c", "d")
    assert ruled.api.post("rules", json={"when": "event:e", "then": "drop"}).status_code == 201
    assert ruled.api.post("rules/save").json() == {"path": str(rules_file), "rules": 3}
    added = "- when: event:e\n  then: drop\n".replace("\n", line_break)
    assert rules_file.read_bytes() == (text + added).encode()


# Writing

COMMENTED = """\
# What the chat's testers agreed on.
rules:
  # The server of the gossip is down.
  - name: no gossip  # at all
    when: event:gossip
    then: drop

  # For now.
  - name: move everyone to staging
    when: event:join from:client
    # Until the new rooms are there.
    then:
      - set: { "args[0].room": staging, "args[0].n": 1.50 }  # and the number

# End of the list.
"""


def put(siphon, rule, **changes):
    answer = siphon.api.put(f"rules/{rule['id']}", json={**rule, **changes})
    assert answer.status_code == 200, answer.text


def test_saving_keeps_comments_ids_and_hits(ruled, rules_file, open_client):
    rules_file.write_text(COMMENTED)
    eventually(lambda: len(filters(ruled)) == 2 and "gossip" in filters(ruled), what="the commented file")
    client = open_client(ruled.url)
    client.emit("gossip", 1)
    client.call("ask", "fence")
    gossip, staging = ruled.api.get("rules")["rules"]
    put(ruled, gossip, enabled=False)
    new = {"name": "a: b", "when": 'event:"my event"', "then": [{"set": {"args[0]": {"n": 1.0, "t": "{x}"}}}, "drop"]}
    made = ruled.api.post("rules", json=new).json()
    order = [made["id"], gossip["id"], staging["id"]]
    assert ruled.api.put("rules/order", json={"ids": order}).status_code == 200

    saved = ruled.api.post("rules/save", json={})
    assert saved.status_code == 200, saved.text
    assert saved.json() == {"path": str(rules_file), "rules": 3}
    new_text = """\
  - name: "a: b"
    when: event:"my event"
    then:
      - set: { "args[0]": { n: 1.0, t: "{x}" } }
      - drop

"""
    expected = COMMENTED.replace("rules:\n", "rules:\n" + new_text)
    expected = expected.replace("    then: drop\n", "    then: drop\n    enabled: false\n", 1)
    assert rules_file.read_text() == expected

    def state():
        return [(rule["id"], rule["source"], rule["hits"]) for rule in ruled.api.get("rules")["rules"]]

    expected_state = [(made["id"], "file", 0), (gossip["id"], "file", 1), (staging["id"], "file", 0)]
    assert state() == expected_state
    # What was saved is no change: rules that are altered now stay altered.
    put(ruled, staging, stop=True)
    time.sleep(0.8)
    assert state() == expected_state
    assert ruled.api.get("rules")["rules"][2]["stop"] is True
    assert ruled.stderr_text().count("read again") == 1

    for rule in (made, gossip):
        assert ruled.api.delete(f"rules/{rule['id']}").status_code == 204
    # Python's JSON does not keep how a number was written.
    put(ruled, staging)
    assert ruled.api.post("rules/save").status_code == 200
    start, end = COMMENTED.index("  # The server"), COMMENTED.index("  # For now")
    assert rules_file.read_text() == COMMENTED[:start] + COMMENTED[end:].replace("1.50", "1.5")


def test_a_saved_file_starts_another_siphon(ruled, rules_file, start_siphon, upstream):
    for rule in (
        {"name": "1", "when": "", "then": {"drop": {"ack": [1e3, "1", None, "null", "a: b", "é\n"]}}, "stop": True},
        {"name": None, "when": "a # b", "then": [{"set": {'args[0]["a b"]': [], "name": "yes"}}], "enabled": False},
    ):
        assert ruled.api.post("rules", json=rule).status_code == 201
    assert ruled.api.post("rules/save").status_code == 200

    def rules(siphon):
        hidden = ("id", "hits", "lastHit")
        return [{key: rule[key] for key in rule if key not in hidden} for rule in siphon.api.get("rules")["rules"]]

    other = start_siphon(upstream.url, "--rules", str(rules_file))
    assert rules(other) == rules(ruled)
    assert len(rules(other)) == 4


def test_saving_without_a_file(siphon):
    answer = siphon.api.post("rules/save")
    assert answer.status_code == 409
    assert answer.json()["error"] == "no_rule_file" and "--rules" in answer.json()["message"]


def test_nothing_is_written_over_what_was_not_read(ruled, rules_file):
    assert ruled.api.post("rules", json={"when": "event:c", "then": "drop"}).status_code == 201
    rules_file.write_text("rules: [\n")
    answer = ruled.api.post("rules/save")
    assert answer.status_code == 409 and answer.json()["error"] == "conflict"
    assert "line 2, column 1" in answer.json()["message"]
    assert rules_file.read_text() == "rules: [\n"
    wait_for_error(ruled, "not YAML")
    assert ruled.api.post("rules/save").status_code == 409

    rules_file.write_text(text_of("d"))
    answer = ruled.api.post("rules/save")
    assert answer.status_code == 409 or rules_file.read_text() == text_of("d") + "- when: event:c\n  then: drop\n"
    wait_for_filters(ruled, "d", "c")
    assert ruled.api.post("rules/save").status_code == 200
    assert rules_file.read_text() == text_of("d") + "- when: event:c\n  then: drop\n"


def test_modes_and_links_stay_and_nothing_is_left_behind(start_siphon, upstream, tmp_path):
    (tmp_path / "real").mkdir()
    real = tmp_path / "real" / "team.yaml"
    real.write_text(text_of("a"))
    real.chmod(0o664)
    link = tmp_path / "rules.yaml"
    link.symlink_to("real/team.yaml")
    siphon = start_siphon(upstream.url, "--rules", str(link))
    assert siphon.api.post("rules", json={"when": "event:b", "then": "drop"}).status_code == 201
    assert siphon.api.post("rules/save").status_code == 200
    assert link.is_symlink() and "event:b" in real.read_text()
    assert stat.S_IMODE(real.stat().st_mode) == 0o664
    assert os.listdir(real.parent) == ["team.yaml"]

    real.unlink()
    wait_for_error(siphon, "No such file")
    assert siphon.api.post("rules/save").status_code == 200
    assert link.is_symlink() and real.read_text() == text_of("a") + "- when: event:b\n  then: drop\n"
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
    assert siphon.api.get("rules")["error"] is None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(ruled, rules_file):
    assert ruled.api.post("rules", json={"when": "event:c", "then": "drop"}).status_code == 201
    rules_file.parent.chmod(0o500)
    try:
        answer = ruled.api.post("rules/save")
        assert answer.status_code == 409 and "Permission denied" in answer.json()["message"]
    finally:
        rules_file.parent.chmod(0o700)
    assert rules_file.read_text() == text_of("a", "b")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_file_that_may_not_be_written(ruled, rules_file):
    rules_file.chmod(0o400)
    assert ruled.api.post("rules", json={"when": "event:c", "then": "drop"}).status_code == 201
    answer = ruled.api.post("rules/save")
    assert answer.status_code == 409 and "Permission denied" in answer.json()["message"]
    assert rules_file.read_text() == text_of("a", "b")


def test_a_text_that_yaml_cannot_hold(ruled, rules_file):
    rule = r'{"name": "odd", "when": "event:x", "then": {"set": {"args[0]": "\ud800"}}}'
    made = ruled.api.post("rules", data=rule, headers={"Content-Type": "application/json"})
    assert made.status_code == 201, made.text
    answer = ruled.api.post("rules/save")
    assert answer.status_code == 409 and "rules[2]" in answer.json()["message"]
    assert rules_file.read_text() == text_of("a", "b")
