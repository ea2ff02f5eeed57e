"""Files and chat: what a channel writes or posts, and what it says when it cannot."""

import http.server
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from posting import later, new_house, put, set_party, with_channels

from engine.deciding.rights import THE_SYSTEM
from engine.usecases.notices import list_notices, show_notice
from notifications.delivery import deliver


@contextmanager
def gateway(status: int = 200) -> Iterator[tuple[int, list[tuple[str, dict[str, str]]]]]:
    """A local HTTP service; its port, and the paths and bodies it was given."""
    posted: list[tuple[str, dict[str, str]]] = []

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1], posted
    finally:
        server.shutdown()
        server.server_close()


def test_a_message_file_has_the_case_in_its_name_and_appears_whole(tmp_path: Path) -> None:
    house = with_channels(new_house(tmp_path), email={"kind": "file", "folder": "post", "from": "Acme <service@acme.example>"})
    put(house, text="Hello\n", html="<p>Hello</p>")
    assert deliver(house).sent == 1
    [path] = (tmp_path / "post").iterdir()
    assert path.name.startswith("house-hello-")
    message = message_from_bytes(path.read_bytes(), policy=default)
    assert message["From"] == "Acme <service@acme.example>"
    assert message["Date"].datetime == house.clock.now()


def test_a_notice_name_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    house = with_channels(new_house(tmp_path), email={"kind": "file"})
    put(house, name="../../../evil/x")
    assert deliver(house).sent == 1
    [path] = (tmp_path / "outbox" / "email").iterdir()
    assert path.name.startswith("house-.._.._.._evil_x-")


def test_a_text_message_as_a_file_names_the_telephone(tmp_path: Path) -> None:
    house = with_channels(new_house(tmp_path), sms={"kind": "file"})
    put(house, via=("sms",))
    assert deliver(house).sent == 1
    [path] = (tmp_path / "outbox" / "sms").iterdir()
    assert '"+86 139 0000 0000":' in path.read_text() or "+86 139 0000 0000:" in path.read_text()


def test_a_folder_that_cannot_be_written_is_a_passing_failure(tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("a file where a folder should be")
    house = with_channels(new_house(tmp_path), email={"kind": "file", "folder": "blocked"})
    put(house, 3)
    done = deliver(house)
    assert (done.failed, done.put_back) == (1, 2)
    assert "cannot be written" in done.failures[0][2]
    os.unlink(tmp_path / "blocked")
    later(house, minutes=1)
    assert deliver(house).sent == 3
    assert not list((tmp_path / "blocked").glob("*.tmp"))


def test_a_chat_service_is_given_subject_text_and_the_address_in_its_place(tmp_path: Path) -> None:
    with gateway() as (port, posted):
        house = with_channels(new_house(tmp_path), sms={"kind": "apprise", "url": f"json://127.0.0.1:{port}/to/{{address}}"})
        put(house, via=("sms",), subject="投诉", text="您好")
        assert deliver(house).sent == 1
    [(path, body)] = posted
    assert (body["title"], body["message"]) == ("投诉", "您好")
    assert "/to/" in path
    assert "139" in path


@pytest.mark.parametrize("evil", ["x/../../admin", "..", "x?+X-Evil=1", "x#y", "x%2f..%2fadmin", "x&to=y", "a\r\nb"])
def test_an_address_cannot_change_the_place_it_is_sent_to(tmp_path: Path, evil: str) -> None:
    with gateway() as (port, posted):
        house = with_channels(new_house(tmp_path), email={"kind": "apprise", "url": f"json://127.0.0.1:{port}/to/{{address}}"})
        put(house, email=evil)
        assert deliver(house).dead == 1
    assert posted == []


def test_a_service_that_does_not_accept_is_tried_again_later(tmp_path: Path) -> None:
    with gateway(status=503) as (port, posted):
        house = with_channels(new_house(tmp_path), sms={"kind": "apprise", "url": f"json://127.0.0.1:{port}/{{address}}"})
        put(house, via=("sms",))
        done = deliver(house)
    assert (done.failed, len(posted)) == (1, 1)
    assert "503" in done.failures[0][2]
    assert list_notices(house, actor=THE_SYSTEM)[0].status == "waiting"


def test_without_a_url_only_people_of_the_organisation_are_reached_at_their_own(tmp_path: Path) -> None:
    house = with_channels(new_house(tmp_path), chat={"kind": "apprise"})
    [customer] = put(house, via=("chat",))
    set_party(house, chat="json://127.0.0.1:9/customer")
    [person] = put(house, via=("chat",), party_id=None, person="wang.fang")
    done = deliver(house)
    assert (done.dead, done.failed) == (1, 1)
    assert "only reaches people" in str(show_notice(house, customer, THE_SYSTEM).line.error)
    assert show_notice(house, person, THE_SYSTEM).line.status == "waiting"      # port 9 of this machine takes nothing


@pytest.mark.parametrize("kind", ["file", "hand"])
def test_another_address_can_be_named_for_a_channel(tmp_path: Path, kind: str) -> None:
    house = with_channels(new_house(tmp_path), courier={"kind": kind, "address": "phone"})
    put(house, via=("courier",))
    done = deliver(house)
    assert (done.sent, done.by_hand) == ((1, 0) if kind == "file" else (0, 1))
