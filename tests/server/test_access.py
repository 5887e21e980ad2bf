"""Keys, and requests per minute."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from seq2seq.config.serving import AccessOptions
from seq2seq.errors import TextError
from seq2seq.server.access import AccessControl, RateLimiter, read_keys
from seq2seq.server.refusals import RefusalError
from tests.server.client import FROZEN, RUN, Client, config_of, served

ASKED = {"q": "Today Omar opens the door.", "source": "en", "target": "de"}


def refusal(limiter: RateLimiter, client: str, per_minute: int) -> str:
    try:
        limiter.require(client, per_minute)
    except RefusalError as error:
        return f"{error.status} {error.message}"
    return ""


def test_a_minute_has_as_many_requests_as_are_allowed() -> None:
    now = 0.0
    limiter = RateLimiter(lambda: now)

    assert [refusal(limiter, "a", 2) for _ in range(3)] == [
        "", "", "429 Slowdown: 2 requests per minute are allowed",
    ]  # fmt: skip
    assert refusal(limiter, "b", 2) == ""  # another client
    now = 29.0  # a request of two in a minute comes again after 30 seconds
    assert refusal(limiter, "a", 2) != ""
    now = 30.1
    assert refusal(limiter, "a", 2) == ""
    assert refusal(limiter, "a", 2) != ""


def test_keys_are_lines_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("# of the team\nalpha\n\nbeta 100\n")

    assert [(key.text, key.requests_per_minute) for key in read_keys(file)] == [
        ("alpha", None), ("beta", 100),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["a secret key of many words", "secret many", "", "# none\n"])
def test_a_file_that_has_none_is_refused_and_no_message_has_a_key(
    text: str, tmp_path: Path
) -> None:
    (tmp_path / "keys").write_text(text)

    with pytest.raises(TextError) as error:
        read_keys(tmp_path / "keys")
    assert "secret" not in str(error.value)


def test_keys_need_not_be_required(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("alpha")
    control = AccessControl(AccessOptions(keys=str(tmp_path / "keys"), key_required=False))

    control.require(None, "1.2.3.4")
    control.require("alpha", "1.2.3.4")
    with pytest.raises(RefusalError, match="Invalid API key"):
        control.require("gamma", "1.2.3.4")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    keys = tmp_path_factory.mktemp("keys") / "keys"
    keys.write_text("alpha\nbeta 1\nschlüssel\n")
    with served(config_of(RUN, access=AccessOptions(keys=str(keys)))) as server:
        yield server.client


def test_a_key_is_a_parameter_or_a_header(client: Client) -> None:
    assert client.post("/translate", {**ASKED, "api_key": "alpha"}).status == 200
    assert client.post("/translate", {**ASKED, "api_key": "schlüssel"}).status == 200
    assert client.post("/translate", ASKED, authorization="Bearer alpha").status == 200


@pytest.mark.parametrize("path", ["/translate", "/detect", "/suggest", "/translate_file"])
def test_a_missing_key_is_a_400_and_a_wrong_one_a_403(path: str, client: Client) -> None:
    missing, wrong = client.post(path, ASKED), client.post(path, {**ASKED, "api_key": "alph"})

    assert (missing.status, missing.json) == (
        400, {"error": "Please contact the server operator to get an API key"},
    )  # fmt: skip
    assert (wrong.status, wrong.json) == (403, {"error": "Invalid API key"})


def test_a_key_may_have_a_rate_of_its_own(client: Client) -> None:
    answers = [client.post("/detect", {"q": "a", "api_key": "beta"}) for _ in range(2)]

    assert [answer.status for answer in answers] == [200, 429]
    assert answers[1].json["error"].startswith("Slowdown:")


def test_languages_and_settings_need_no_key(client: Client) -> None:
    assert client.get("/languages").status == 200
    assert client.get("/frontend/settings").json["keyRequired"] is True


def test_suggestions_are_off_where_no_file_is_named(client: Client) -> None:
    fields = {"q": "a", "s": "b", "source": "en", "target": "de", "api_key": "alpha"}

    assert client.post("/suggest", fields).status == 403


def test_a_run_may_detect_the_languages() -> None:
    with served(config_of(RUN, detector=str(FROZEN / "classification"))) as server:
        found = server.client.form("/detect", {"q": "Heute öffnet Omar die Tür."}).json
        of_none = server.client.form("/detect", {"q": " "}).json

    assert [each["language"] for each in found] == ["de"]
    assert of_none == []
