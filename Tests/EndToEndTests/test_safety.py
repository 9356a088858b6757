"""The inspector is not the hole: token, Host, origin and headers on every route (attack-tests 4–12)."""

import json
import socket

import pytest
from processes import eventually
from wire import http, raw_exchange

ROUTES = [
    ("GET", "/api/v1/status"), ("GET", "/api/v1/events"), ("GET", "/api/v1/events/e1"), ("POST", "/api/v1/events"),
    ("GET", "/api/v1/events/e1/attachments/0"), ("GET", "/api/v1/connections"), ("GET", "/api/v1/connections/c1"),
    ("DELETE", "/api/v1/connections/c1"), ("POST", "/api/v1/connections/c1/events"), ("GET", "/api/v1/stream"),
    ("DELETE", "/api/v1/events"), ("GET", "/api/v1/rules"), ("POST", "/api/v1/rules"), ("PUT", "/api/v1/rules/order"),
    ("PUT", "/api/v1/rules/r1"), ("DELETE", "/api/v1/rules/r1"), ("POST", "/api/v1/rules/save"),
    ("GET", "/api/v1/openapi.json"), ("GET", "/metrics"), ("GET", "/api/v1/nowhere"), ("GET", "/"),
]  # fmt: skip


@pytest.fixture
def inspector_port(siphon) -> int:
    return int(siphon.inspector_base.rsplit(":", 1)[1])


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=lambda each: each)
def test_no_route_answers_without_the_token(siphon, inspector_port, method, path):
    for each in {method, "HEAD", "OPTIONS", "GET", "POST", "PUT", "DELETE", "PATCH"}:
        body = b"{}" if each in ("POST", "PUT", "PATCH") else b""
        answer = http(inspector_port, each, path, [("Content-Type", "application/json")], body)
        assert answer.status in (401, 403, 404, 405), f"{each} {path}: {answer.status}"
        if each == method:
            assert answer.status == 401, f"{each} {path}: {answer.status}"
        assert siphon.token not in answer.text


def test_near_misses_of_the_token(siphon, inspector_port):
    token = siphon.token
    flipped = token[:-1] + ("A" if token[-1] != "A" else "B")
    for wrong in ("", token[:-1], token + "a", token.swapcase(), flipped, token + "\t x", "Bearer " + token):
        answer = http(inspector_port, "GET", "/api/v1/status", [("Authorization", f"Bearer {wrong}")])
        assert answer.status == 401, wrong
    two = [("Authorization", "Bearer wrong"), ("Authorization", f"Bearer {token}")]
    assert http(inspector_port, "GET", "/api/v1/status", two).status in (400, 401)
    assert http(inspector_port, "GET", "/api/v1/status", [("Authorization", f"Basic {token}")]).status == 401
    assert http(inspector_port, "GET", "/api/v1/status", [("Authorization", f"Bearer {token}")]).status == 200


def test_the_url_of_the_first_line_gives_a_cookie_and_loses_the_token(siphon, inspector_port):
    answer = http(inspector_port, "GET", f"/?token={siphon.token}")
    assert answer.status in (302, 303, 307)
    assert siphon.token not in answer.get("location") and siphon.token not in answer.text
    cookie = answer.get("set-cookie")
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/" in cookie
    pair = cookie.split(";")[0]
    assert str(inspector_port) in pair.split("=")[0], "two proxies on one host would share a cookie"
    page = http(inspector_port, "GET", "/", [("Cookie", pair)])
    assert page.status == 200
    assert siphon.token not in page.text
    assert http(inspector_port, "GET", "/api/v1/status", [("Cookie", pair)]).status == 200
    assert http(inspector_port, "GET", "/?token=wrong").status == 401
    assert http(inspector_port, "GET", "/?token=wrong").get("set-cookie") is None


FOREIGN_HOSTS = [
    "evil.example", "evil.example:{port}", "127.0.0.1.evil.example:{port}", "localhost.evil:{port}",
    "127.0.0.1:1", "127.0.0.1.:{port}", "", "127.0.0.1:{port}:{port}", "[::1", "127.0.0.1:{port}@evil",
]  # fmt: skip


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_a_foreign_host_is_refused_even_with_the_token(siphon, inspector_port, host):
    headers = [("Host", host.format(port=inspector_port)), ("Authorization", f"Bearer {siphon.token}")]
    assert http(inspector_port, "GET", "/api/v1/status", headers).status in (400, 403)


def test_no_host_and_two_hosts(siphon, inspector_port):
    for hosts in ("", f"Host: 127.0.0.1:{inspector_port}\r\nHost: evil\r\n"):
        request = (
            f"GET /api/v1/status HTTP/1.1\r\n{hosts}Authorization: Bearer {siphon.token}\r\nConnection: close\r\n\r\n"
        )
        answer = raw_exchange(inspector_port, request.encode())
        assert answer.split(b" ")[1] in (b"400", b"403")


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_the_own_names_are_accepted(siphon, inspector_port, name):
    headers = [("Host", f"{name}:{inspector_port}"), ("Authorization", f"Bearer {siphon.token}")]
    assert http(inspector_port, "GET", "/api/v1/status", headers).status == 200


CROSS = {
    "evil origin": [("Origin", "https://evil.example")],
    "null origin": [("Origin", "null")],
    "other port": [("Origin", "http://127.0.0.1:1")],
    "cross-site": [("Sec-Fetch-Site", "cross-site")],
    "same-site": [("Sec-Fetch-Site", "same-site")],
    "evil referer": [("Referer", "https://evil.example/x")],
}


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("case", CROSS)
def test_cross_site_requests_with_the_cookie_change_nothing(siphon, inspector_port, open_client, case, kind):
    client = open_client(siphon.url)
    connection = siphon.connections()[0]["id"]
    pair = http(inspector_port, "GET", f"/?token={siphon.token}").get("set-cookie").split(";")[0]
    body = json.dumps({"to": "client", "namespace": "/", "name": "forged", "args": []}).encode()
    headers = [("Cookie", pair), ("Content-Type", kind), *CROSS[case]]
    answer = http(inspector_port, "POST", f"/api/v1/connections/{connection}/events", headers, body)
    assert answer.status == 403, answer
    if "Referer" not in dict(CROSS[case]):
        assert http(inspector_port, "GET", "/api/v1/stream", [("Cookie", pair), *CROSS[case]]).status == 403
    assert client.call("ask", 1) == 1
    assert client.args("forged") == [] and siphon.events(name="forged") == []


def test_bodies_must_say_that_they_are_json(siphon):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = siphon.api.post(
            "rules", data=b'{"name":"r","when":"event:x","then":"drop"}', headers={"Content-Type": kind}
        )
        assert answer.status_code == 415, answer.text
    assert siphon.api.get("rules")["rules"] == []


def test_no_cors_for_anybody(siphon, inspector_port):
    for method in ("OPTIONS", "GET"):
        for token in ([], [("Authorization", f"Bearer {siphon.token}")]):
            headers = [
                ("Origin", "https://evil.example"), ("Access-Control-Request-Method", "POST"),
                ("Access-Control-Request-Private-Network", "true"), *token,
            ]  # fmt: skip
            answer = http(inspector_port, method, "/api/v1/status", headers)
            assert [name for name, _ in answer.headers if name.lower().startswith("access-control")] == []
            assert answer.status != 200


def test_every_answer_has_the_protecting_headers(siphon, inspector_port):
    token = [("Authorization", f"Bearer {siphon.token}")]
    for path, headers in (("/", token), ("/api/v1/status", token), ("/api/v1/status", []), ("/api/v1/no", token)):
        answer = http(inspector_port, "GET", path, headers)
        assert answer.get("x-content-type-options") == "nosniff"
        assert answer.get("x-frame-options") == "DENY"
        assert answer.get("referrer-policy") == "no-referrer"
        policy = answer.get("content-security-policy")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy


def test_the_token_is_not_in_what_it_says(siphon, open_client):
    client = open_client(siphon.url)
    client.call("ask", 1)
    for path in ("status", "connections", "events", "rules"):
        assert siphon.token not in siphon.api.request("GET", path).text
    assert siphon.token not in siphon.stderr_text()


ODD_HTTP = {
    "huge head": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
    "length and chunked": b"POST /api/v1/rules HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n",
    "garbage": b"\x00\xff" * 3000,
    "signed length": b"POST /api/v1/rules HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: +5\r\n\r\nhello",
    "NUL in the target": b"GET /api/v1/status\x00/x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
}


@pytest.mark.parametrize("case", ODD_HTTP)
def test_odd_http_at_the_inspector(siphon, inspector_port, case):
    """Refused, closed, or left to the idle timeout; never served."""
    answer = b""
    with socket.create_connection(("127.0.0.1", inspector_port), 2) as sock:
        try:
            sock.sendall(ODD_HTTP[case])
            sock.shutdown(socket.SHUT_WR)
            while piece := sock.recv(65536):
                answer += piece
        except OSError:  # cut off before all was sent, or nothing came in time
            pass
    assert not answer or answer.split(b" ")[1][:1] == b"4"
    assert b"smuggled" not in answer
    assert siphon.api.get("status")


def test_a_request_that_does_not_go_on_is_closed(inspector_port):
    """Attack 22: half a minute at most."""
    with socket.create_connection(("127.0.0.1", inspector_port), 40) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHo")
        assert sock.recv(1) == b""


def test_a_body_over_the_limit(siphon):
    answer = siphon.api.post(
        "rules", data=b'{"name":"' + b"x" * (40 << 20) + b'"}', headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 413
    assert siphon.api.get("status")


def test_slow_requests_do_not_stop_the_others(siphon, inspector_port):
    """Attack 22 on the inspector."""
    held = []
    for _ in range(40):
        sock = socket.create_connection(("127.0.0.1", inspector_port), 5)
        sock.sendall(b"GET / HTTP/1.1\r\nHo")
        held.append(sock)
    assert siphon.api.get("status")
    for sock in held:
        sock.close()


def test_a_viewer_that_does_not_read_is_cut_off_and_proxying_goes_on(siphon, inspector_port, open_client):
    """Attack 22: a zero-window reader of the live stream."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect(("127.0.0.1", inspector_port))
    sock.sendall(
        f"GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1:{inspector_port}\r\n"
        f"Authorization: Bearer {siphon.token}\r\n\r\n".encode()
    )
    client = open_client(siphon.url)
    before = siphon.resident_bytes()
    client.emit("flood", (600, 50_000))
    assert not has_let_go(siphon, sock)
    client.wait_for("flood", 600, timeout=30)
    eventually(lambda: has_let_go(siphon, sock), timeout=25, what="the end of the viewer's connection")
    assert client.call("ask", "on") == "on"
    assert siphon.resident_bytes() - before < 96 << 20  # 64 MiB of capture are among them
    sock.settimeout(5)
    read = 0
    try:
        while piece := sock.recv(1 << 16):
            read += len(piece)
    except ConnectionResetError:
        pass
    assert read < 30 << 20, "all of it was kept for a viewer that did not read"
    sock.close()


def has_let_go(siphon, sock: socket.socket) -> bool:
    """Whether the proxy closed its end. An end that reads nothing is not told: what waits comes before the FIN."""
    ends = [f":{port:04X}" for port in (sock.getpeername()[1], sock.getsockname()[1])]
    rows = [line.split() for line in open(f"/proc/{siphon.process.pid}/net/tcp").readlines()[1:]]
    return "01" not in [row[3] for row in rows if row[1].endswith(ends[0]) and row[2].endswith(ends[1])]
