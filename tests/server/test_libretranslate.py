"""The interface of LibreTranslate: bodies, status codes, and what is in an answer when."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import seq2seq
from seq2seq.config.serving import AccessOptions
from tests.documents.office_files import zipped
from tests.server.client import RUN, Client, RunningServer, config_of, served

LINE = "Today Omar opens the door."
OTHER = "On Monday Viktor sells a lamp."


def run_of(folder: Path, source: str, target: str) -> Path:
    """Return a copy of the run that says it is of another direction."""
    shutil.copytree(RUN, folder)
    facts = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**facts, "source": source, "target": target}))
    return folder


BOMB = zipped({"word/document.xml": "a" * 501})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """English to German, and German to French as far as anyone knows."""
    folder = tmp_path_factory.mktemp("served")
    second = run_of(folder / "second", "de", "fr")
    access = AccessOptions(max_characters=200, max_texts=3, max_alternatives=4, max_file_bytes=500)
    options: dict[str, Any] = {"suggestions": str(folder / "kept.tmx"), "access": access}
    with served(config_of(RUN, second, **options)) as running:
        yield running


@pytest.fixture
def client(server: RunningServer) -> Client:
    return server.client


@pytest.fixture(scope="module")
def translator() -> Any:
    return seq2seq.load(RUN, device="cpu")


def test_a_text_is_translated_from_json_a_form_and_a_query(client: Client, translator: Any) -> None:
    (wanted,) = translator.translate([LINE])
    fields = {"q": LINE, "source": "en", "target": "de", "format": "text"}
    query = f"/translate?q={LINE.replace(' ', '+')}&source=en&target=de"

    for answer in (client.post("/translate", fields), client.form("/translate", fields),
                   client.send("POST", query)):  # fmt: skip
        assert answer.status == 200
        assert answer.json == {"translatedText": wanted}  # and nothing else


def test_a_list_in_json_is_answered_by_a_list(client: Client, translator: Any) -> None:
    assert client.translate([LINE, OTHER]) == translator.translate([LINE, OTHER])
    assert client.translate([LINE]) == translator.translate([LINE])
    assert client.translate([]) == []


def test_a_list_is_no_value_of_a_form(client: Client) -> None:
    fields = [("q", LINE), ("q", OTHER), ("source", "en"), ("target", "de")]

    answer = client.form("/translate", fields)

    assert (answer.status, answer.json["error"]) == (
        400, "Invalid request: several q must be a list in JSON",
    )  # fmt: skip
    text = client.form("/translate", {"q": '["a"]', "source": "en", "target": "de"})
    assert isinstance(text.json["translatedText"], str)


def test_line_ends_and_blank_lines_stay(client: Client, translator: Any) -> None:
    a, b = translator.translate([LINE, OTHER])

    assert client.translate(f"{LINE}\r\n\n  \n{OTHER}\n") == f"{a}\r\n\n  \n{b}\n"
    assert client.translate("") == ""


def test_alternatives_are_there_when_asked_and_differ(client: Client) -> None:
    fields = {"q": LINE, "source": "en", "target": "de"}
    plain = client.post("/translate", fields).json["translatedText"]

    one = client.post("/translate", {**fields, "alternatives": 3}).json
    both = client.post("/translate", {**fields, "q": [LINE, OTHER], "alternatives": 2}).json

    assert one["translatedText"] == plain  # whether or not there are alternatives
    assert 1 <= len(set(one["alternatives"]) - {plain}) == len(one["alternatives"]) <= 3
    assert [isinstance(each, list) for each in both["alternatives"]] == [True, True]
    assert client.form("/translate", {**fields, "alternatives": "0"}).json.keys() == {
        "translatedText"
    }


def test_the_detected_language_is_there_with_auto_alone(client: Client) -> None:
    text = "The weather is nice today and we are going to the beach."
    one = client.post("/translate", {"q": text, "source": "auto", "target": "de"}).json
    two = client.post("/translate", {"q": [text, text], "source": "auto", "target": "de"}).json

    assert one["detectedLanguage"]["language"] == "en"
    assert 50 < one["detectedLanguage"]["confidence"] <= 100
    assert [each["language"] for each in two["detectedLanguage"]] == ["en", "en"]


def test_detect_knows_the_languages_that_are_served(client: Client) -> None:
    found = client.form("/detect", {"q": "Das Wetter ist heute schön, wir gehen baden."}).json

    assert found[0]["language"] == "de"
    assert {each["language"] for each in found} == {"en", "de", "fr"}
    assert [each["confidence"] for each in found] == sorted(
        (each["confidence"] for each in found), reverse=True
    )


def test_a_missing_direction_goes_through_two_runs_and_says_so(
    client: Client, translator: Any
) -> None:
    middle = translator.translate([LINE])
    wanted = translator.translate(middle)  # the second run is a copy of the first

    answer = client.post("/translate", {"q": LINE, "source": "en", "target": "fr"}).json

    assert answer == {"translatedText": wanted[0], "pivot": "de"}


def test_languages_have_their_targets(client: Client) -> None:
    assert client.get("/languages").json == [
        {"code": "en", "name": "English", "targets": ["de", "en", "fr"]},
        {"code": "de", "name": "German", "targets": ["de", "fr"]},
        {"code": "fr", "name": "French", "targets": ["fr"]},
    ]


def test_codes_are_found_in_any_case_and_without_their_country(client: Client) -> None:
    fields = {"q": LINE, "source": "EN-us", "target": "de_AT"}

    assert client.post("/translate", fields).json["translatedText"] == client.translate(LINE)


def test_a_text_in_its_own_language_stays(client: Client) -> None:
    assert client.translate(LINE, source="de", target="de") == LINE


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"source": "en", "target": "de"}, "Invalid request: missing q parameter"),
        ({"q": "a", "target": "de"}, "Invalid request: missing source parameter"),
        ({"q": "a", "source": "en"}, "Invalid request: missing target parameter"),
        ({"q": "a", "source": "en", "target": "zz"}, "zz is not supported"),
        ({"q": "a", "source": "de", "target": "en"}, "de to en is not supported"),
        ({"q": "a", "source": "en", "target": "de", "format": "pdf"},
         "pdf format is not supported"),
        ({"q": "a" * 201, "source": "en", "target": "de"},
         "Invalid request: request (201) exceeds text limit (200)"),
        ({"q": ["a"] * 4, "source": "en", "target": "de"},
         "Invalid request: request (4) exceeds batch limit (3)"),
        ({"q": "a", "source": "en", "target": "de", "alternatives": 9},
         "Invalid request: alternatives must be from 0 to 4, not 9"),
        ({"q": {"a": 1}, "source": "en", "target": "de"}, "Invalid request: q must be a text"),
        ({"q": ["a", 3], "source": "en", "target": "de"}, "Invalid request: q must be a text"),
        ({"q": "a", "source": 3, "target": "de"}, "Invalid request: source must be a text"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_a_400_with_an_error(
    fields: dict[str, object], message: str, client: Client
) -> None:
    answer = client.post("/translate", fields)

    assert (answer.status, answer.json) == (400, {"error": message})


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"[" * 10_000, b'{"q": NaN}'])
def test_a_body_that_is_no_json_object_is_a_400(body: bytes, client: Client) -> None:
    answer = client.send("POST", "/translate", body, content_type="application/json")

    assert answer.status == 400
    assert answer.json["error"].startswith("Invalid request: ")


def test_methods_are_those_of_the_interface(client: Client) -> None:
    assert client.get("/translate").status == 405
    assert client.get("/detect").status == 405
    assert client.send("POST", "/languages").status == 405
    assert client.send("POST", "/health").status == 405
    assert client.get("/health").json == {"status": "ok"}
    assert client.get("/nowhere").json == {"error": "Not Found"}


def test_entities_and_tags_of_html_come_back_as_entities_and_tags(client: Client) -> None:
    text = f'<p class="a&amp;b">{LINE}</p>\n<code>a &amp;&amp; b &lt; c</code> {OTHER}'
    first, second = client.translate([LINE, OTHER])

    made, others = client.post(
        "/translate",
        {"q": text, "source": "en", "target": "de", "format": "html", "alternatives": 2},
    ).json.values()

    assert made == f'<p class="a&amp;b">{first}</p>\n<code>a &amp;&amp; b &lt; c</code> {second}'
    assert 1 <= len(others) <= 2
    assert all(each.startswith('<p class="a&amp;b">') for each in others)


def test_a_document_is_translated_and_downloaded(client: Client) -> None:
    sent = client.upload("/translate_file", "über.json", b'{"k": "Today Omar opens the door."}',
                         source="en", target="de")  # fmt: skip
    assert sent.status == 200
    url = sent.json["translatedFileUrl"]
    assert url.startswith(f"{client.address}/download_file/")
    assert url.endswith(".json")

    found = client.get(url.removeprefix(client.address))

    assert json.loads(found.data) == {"k": client.translate(LINE)}
    assert found.headers["content-disposition"].startswith("attachment;")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"min_confidence": "0.5"}, "min_confidence cannot be used: a run has no fit of"),
        ({"min_confidence": "much"}, "min_confidence must be a number from 0 to 1"),
        ({"min_confidence": "nan"}, "min_confidence must be a number from 0 to 1"),
        ({"encoding": "rot13"}, "document.encoding must be an encoding of Python"),
        ({"encoding": "cp1252"}, "document.encoding has no meaning for po"),
    ],
)
def test_options_of_a_document_that_cannot_work_are_refused(
    fields: dict[str, str], message: str, client: Client
) -> None:
    name = "a.po" if fields.get("encoding") == "cp1252" else "a.txt"

    answer = client.upload("/translate_file", name, b"A", source="en", target="de", **fields)

    assert answer.status == 400
    assert message in answer.json["error"]


@pytest.mark.parametrize(
    ("name", "data", "status", "message"),
    [
        ("a.exe", b"x", 400, "Invalid request: file format not supported, but .txt, "),
        ("a.json", b'{"a": ', 400, "a.json: "),
        ("a.json", b" " * 501, 400, "Invalid request: file (501 bytes) exceeds limit (500)"),
        ("a.docx", BOMB, 400, "Invalid request: file expands to more than 500 bytes"),
    ],
)
def test_a_document_that_cannot_be_translated_is_an_error(
    name: str, data: bytes, status: int, message: str, client: Client
) -> None:
    answer = client.upload("/translate_file", name, data, source="en", target="de")

    assert answer.status == status
    assert answer.json["error"].startswith(message)
    assert "\n" not in answer.json["error"]


def test_an_unknown_download_is_a_404(client: Client) -> None:
    assert client.get("/download_file/..%2f..%2fetc%2fpasswd").status == 404
    assert client.get("/download_file/nothing.txt").status == 404


def test_suggestions_are_a_translation_memory(server: RunningServer, client: Client) -> None:
    for q, s in (("A & <b>", "Ä & <b>\x00"), ("two\nlines", "zwei\nZeilen")):
        fields = {"q": q, "s": s, "source": "en", "target": "de"}
        assert client.form("/suggest", fields).json == {"success": True}

    tree = ElementTree.parse(str(server.config.suggestions))
    assert tree.getroot().get("version") == "1.4"
    assert [seg.text for seg in tree.iter("seg")] == [
        "A & <b>", "Ä & <b>", "two\nlines", "zwei\nZeilen",
    ]  # fmt: skip


def test_settings_have_what_pages_ask_for(client: Client) -> None:
    settings = client.get("/frontend/settings").json

    assert settings["charLimit"] == 200
    assert (settings["apiKeys"], settings["keyRequired"]) == (False, False)
    assert settings["suggestions"] is True
    assert ".po" in settings["supportedFilesFormat"]
    assert settings["language"]["source"] == {"code": "en", "name": "English"}


def test_the_description_has_the_title_that_clients_look_for(client: Client) -> None:
    spec = client.get("/spec").json

    assert spec["info"]["title"] == "LibreTranslate"
    assert "post" in spec["paths"]["/translate"]


def test_pages_of_other_sites_may_ask(client: Client) -> None:
    answer = client.get("/languages", origin="https://example.org")
    asked = client.send(
        "OPTIONS", "/translate", origin="https://example.org",
        access_control_request_method="POST", access_control_request_headers="content-type",
    )  # fmt: skip

    assert answer.headers["access-control-allow-origin"] == "*"
    assert asked.status == 200
    assert (
        "access-control-allow-origin"
        not in client.get("/v1/runs", origin="https://example.org").headers
    )
    assert "POST" in asked.headers["access-control-allow-methods"]


def test_counts_have_no_text(client: Client) -> None:
    client.translate("A secret of Omar.")
    client.get("/a-secret-path")

    text = client.get("/metrics").data.decode()

    assert 'seq2seq_requests_total{path="/translate",status="200"}' in text
    assert "secret" not in text
