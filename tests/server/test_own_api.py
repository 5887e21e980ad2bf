"""/v1: what translations come with, prefixes, terms, documents with progress, runs."""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import seq2seq
from seq2seq.config.serving import AccessOptions
from seq2seq.documents.document import FormatSettings
from seq2seq.evaluation.calibration import Calibration
from seq2seq.evaluation.confidence_fit import ConfidenceFit
from seq2seq.inference.directions import LanguageDirections
from seq2seq.inference.translator import Translator
from seq2seq.inference.units import Splitting, UnitPlanner
from seq2seq.search.beam import Beam
from seq2seq.search.greedy import Greedy
from seq2seq.server.engine import copy_translator
from seq2seq.server.files import TranslatedFile, TranslatedFiles
from seq2seq.server.refusals import RefusalError
from seq2seq.server.run_details import read_details
from seq2seq.server.service import limit_confidence
from seq2seq.text.spans.rules import SpanRules
from seq2seq.text.transforms import TextTransforms
from tests.inference.networks import LIMITS, random_network, toy_tokenizer
from tests.server.client import RUN, Client, config_of, served

LINE = "Today Omar opens the door."
OTHER = "On Monday Viktor sells a lamp."


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with a fit of confidence."""
    folder = tmp_path_factory.mktemp("runs") / "fitted"
    shutil.copytree(RUN, folder)
    fit = ConfidenceFit(Calibration((1.0, 0.5), 0.1), Calibration((1.2,), -0.2))
    fit.save(folder / "confidence.json")
    return folder


@pytest.fixture(scope="module")
def client(run: Path) -> Iterator[Client]:
    with served(config_of(run, access=AccessOptions(max_alternatives=8))) as server:
        yield server.client


def translated(client: Client, text: object, **more: object) -> Any:
    fields = {"text": text, "source": "en", "target": "de", **more}
    answer = client.post("/v1/translate", fields)
    assert answer.status == 200, answer
    return answer.json


def test_translations_come_with_words_scores_and_confidence(client: Client, run: Path) -> None:
    (best,) = seq2seq.load(run, device="cpu").best([LINE])

    answer = translated(client, LINE)

    assert (answer["source"], answer["target"], answer["pivot"]) == ("en", "de", None)
    (text,) = answer["translations"]
    (line,) = text["lines"]
    assert (text["text"], text["source"]) == (best.text, LINE)
    assert text["confidence"] == pytest.approx(best.confidence, abs=1e-6)
    (only,) = line["translations"]
    assert only["logprob"] == pytest.approx(best.logprob, abs=1e-4)
    assert [word["text"] for word in only["words"]] == [word.text for word in best.words]
    assert [word["probability"] for word in only["words"]] == pytest.approx(
        [word.probability for word in best.words], abs=1e-4
    )


def test_the_confidence_of_a_text_is_that_of_its_least_sure_line(client: Client) -> None:
    one, two = (translated(client, each)["translations"][0]["confidence"] for each in (LINE, OTHER))

    both = translated(client, f"{LINE}\n\n{OTHER}")["translations"][0]

    assert both["confidence"] == pytest.approx(min(one, two), abs=1e-6)
    assert [line["source"] for line in both["lines"]] == [LINE, OTHER]


def test_alignments_are_the_attention_of_the_words(client: Client, run: Path) -> None:
    translator = seq2seq.load(run, device="cpu")
    (wanted,) = translator.align([LINE])

    made = translated(client, LINE, alignments=True)["translations"][0]["lines"][0]
    alignment = made["translations"][0]["alignment"]

    assert (alignment["source"], alignment["target"]) == (wanted.source, wanted.target)
    for row, known in zip(alignment["weights"], wanted.weights.tolist(), strict=True):
        assert row == pytest.approx(known, abs=6e-4)
    assert (
        "alignment"
        not in translated(client, LINE)["translations"][0]["lines"][0]["translations"][0]
    )


def test_n_best_are_those_of_a_beam(client: Client, run: Path) -> None:
    search = Beam(beam_size=5, length_penalty=1.0, n_best=3)
    (wanted,) = seq2seq.load(run, search, device="cpu").hypotheses([LINE])

    made = translated(client, LINE, n_best=3)["translations"][0]["lines"][0]["translations"]

    assert [each["text"] for each in made] == [each.text for each in wanted]


def test_a_translation_begins_with_its_prefix(client: Client) -> None:
    made = translated(client, [LINE, OTHER], prefix=["Morgen ", ""], n_best=4)["translations"]

    assert all(text.startswith("Morgen ") for text in made[0]["texts"])
    assert made[1]["texts"] == translated(client, OTHER, n_best=4)["translations"][0]["texts"]


def test_branches_differ_in_the_word_behind_the_prefix(client: Client) -> None:
    best = translated(client, LINE)["translations"][0]["text"]
    prefix = best.split()[0] + " "

    made = translated(client, LINE, prefix=prefix, n_best=5, branch=True)["translations"][0]

    following = [text.removeprefix(prefix)[:3] for text in made["texts"]]
    assert len(following) >= 4
    assert len(set(following)) >= 3


def test_terms_of_a_request_are_those_of_its_translator_alone() -> None:
    tokenizer = toy_tokenizer()
    network = random_network(tokenizer, "additive", 1)
    rules, splitting = SpanRules(), Splitting("off", 0, 100)
    planner = UnitPlanner(tokenizer, TextTransforms(), rules, ("en", "de"), splitting)
    base = Translator(network, tokenizer, tokenizer, Greedy(), LIMITS, 8, planner)

    made = copy_translator(base, Greedy(), [("the house", "Gebäude")])

    line = "The dog sees the house today."
    assert "Gebäude" in made.translate([line])[0]
    assert "Gebäude" not in base.translate([line])[0]


def test_a_translator_of_several_languages_is_copied_in_a_direction() -> None:
    tokenizer = toy_tokenizer()
    splitting = Splitting("off", 0, 100)

    def plan(direction: tuple[str, str]) -> UnitPlanner:
        return UnitPlanner(tokenizer, TextTransforms(), None, direction, splitting)

    network = random_network(tokenizer, "additive", 1)
    base = Translator(network, tokenizer, tokenizer, Greedy(), LIMITS, 8)
    base.directions = LanguageDirections([("en", "de"), ("de", "en")], plan)

    made = copy_translator(base, Greedy(), [], ("de", "en"))

    assert made.planner.languages == ("de", "en")
    assert made.translate(["the dog"])


def test_a_glossary_is_taken(client: Client) -> None:
    assert translated(client, LINE, glossary={"door": "Pforte"})["translations"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "missing text parameter"),
        ({"text": LINE, "target": "de", "n_best": 9}, "n_best must be from 0 to 8, not 9"),
        ({"text": LINE, "target": "de", "alignments": "perhaps"}, "alignments must be true or"),
        ({"text": LINE, "target": "de", "glossary": ["a"]}, "glossary must be an object"),
        ({"text": LINE, "target": "de", "glossary": {"a": ""}}, "a term of glossary is empty"),
        ({"text": [LINE], "target": "de", "prefix": ["a", "b"]}, "prefix must have a text for"),
    ],
)
def test_mistakes_are_refused(fields: dict[str, object], message: str, client: Client) -> None:
    answer = client.post("/v1/translate", fields)

    assert answer.status == 400
    assert answer.json["error"].startswith(f"Invalid request: {message}")


def test_terms_that_differ_by_their_case_alone_are_refused(client: Client) -> None:
    fields = {"text": LINE, "target": "de", "source": "en", "glossary": {"Door": "a", "door": "b"}}

    answer = client.post("/v1/translate", fields)

    assert answer.status == 400
    assert "differs from" in answer.json["error"]


def test_a_document_is_translated_with_progress(client: Client) -> None:
    data = json.dumps([LINE, OTHER, "7"]).encode()
    status = client.upload("/v1/documents", "a.json", data, source="auto", target="de")
    assert status.status == 202

    for _ in range(200):
        now = client.get(f"/v1/documents/{status.json['id']}").json
        if now["status"] != "translating":
            break
        time.sleep(0.02)

    assert (now["status"], now["lines"], now["translated"]) == ("done", 2, 2)
    assert (now["source"], now["report"]) == ("en", "3 segments: 1 left, 2 translated")
    found = client.get(f"/{now['path']}")
    assert json.loads(found.data) == [*client.translate([LINE, OTHER]), "7"]


@pytest.mark.parametrize(("least", "is_fuzzy"), [("0", False), ("1", True), ("", False)])
def test_a_document_marks_what_is_not_sure(least: str, is_fuzzy: bool, client: Client) -> None:
    data = f'msgid "{LINE}"\nmsgstr ""\n'.encode()

    sent = client.upload(
        "/translate_file", "a.po", data, source="en", target="de", min_confidence=least
    )

    found = client.get(sent.json["translatedFileUrl"].removeprefix(client.address)).data.decode()
    assert ("#, fuzzy" in found) == is_fuzzy


def test_a_text_through_two_runs_is_as_sure_as_the_less_sure_of_them() -> None:
    translations: list[dict[str, float | None]] = [
        {"confidence": 0.9},
        {"confidence": 0.3},
        {"confidence": None},
        {},
    ]

    limit_confidence(translations, 0.5)

    assert translations == [{"confidence": 0.5}, {"confidence": 0.3}, {"confidence": None}, {}]


def test_a_document_is_read_in_the_encoding_that_the_request_tells(client: Client) -> None:
    data = f"1\r\n00:00:01,000 --> 00:00:02,000\r\n{LINE}\r\n\r\n".encode("utf-16-le")
    fields = {"source": "en", "target": "de", "encoding": "utf-16"}

    sent = client.upload("/translate_file", "a.srt", data, **fields)

    found = client.get(sent.json["translatedFileUrl"].removeprefix(client.address)).data
    assert client.translate(LINE) in found.decode("utf-16-le")


def test_old_documents_and_those_beyond_the_bytes_that_are_kept_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("seq2seq.server.files.MAX_KEPT_BYTES", 10)
    service: Any = None  # nothing is translated
    files = TranslatedFiles(service, AccessOptions(max_files=9))
    made = [TranslatedFile(f"{number}.txt", FormatSettings(), None) for number in range(4)]
    for file, data in zip(made, (b"12345678", None, b"123456", b"1234"), strict=True):
        file.data = data
        files._files[file.id] = file
    made[3].time -= 2000  # seconds

    assert files.find(made[2].id) is made[2]
    assert files.find(made[1].id) is made[1]  # it is being translated
    for gone in (made[0], made[3]):
        with pytest.raises(RefusalError):
            files.find(gone.id)


def test_runs_are_described(client: Client) -> None:
    (run,) = client.get("/v1/runs").json
    assert (run["name"], run["source_name"], run["has_attention"]) == ("fitted", "English", True)
    assert "folder" not in run

    details = client.get("/v1/runs/0").json

    assert details["facts"]["source"] == "en"
    assert details["samples"][0] == {"source": LINE, "target": "Heute öffnet Omar die Tür."}
    assert {"train", "validation"} <= {row["kind"] for row in details["metrics"]}
    assert client.get("/v1/runs/1").status == 400
    assert client.get("/v1/runs/..%2f..").status in (400, 404)


def test_a_hostile_run_folder_shows_nothing_of_other_files(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "README.md").symlink_to(secret)
    (folder / "run.json").write_text('{"name": {"a": 1}, "scores": 3, "licence": "free"}')
    (folder / "metrics.jsonl").write_text('{"kind": "train", "loss": 1, "text": "x", "a": []}\n3\n')
    (folder / "test.jsonl").write_text('{"source": 3}\n{"source": "a", "target": "b", "c": 1}\n')

    details = read_details(str(folder))

    assert details == {
        "facts": {"licence": "free"},
        "scores": [],
        "metrics": [{"kind": "train", "loss": 1}],
        "samples": [{"source": "a", "target": "b"}],
        "card": "",
    }


class TestDeepl:
    """/v2, as DeepL's clients ask."""

    def test_texts_of_json_and_of_a_form_are_translated(self, client: Client) -> None:
        fields = {"text": [LINE, OTHER], "source_lang": "EN", "target_lang": "DE"}
        form = [("text", LINE), ("text", OTHER), ("source_lang", "EN"), ("target_lang", "DE")]
        wanted = [
            {"detected_source_language": "EN", "text": text}
            for text in client.translate([LINE, OTHER])
        ]

        assert client.post("/v2/translate", fields).json == {"translations": wanted}
        assert client.form("/v2/translate", form).json == {"translations": wanted}

    def test_characters_are_billed_where_that_is_asked(self, client: Client) -> None:
        fields = {"text": [LINE], "target_lang": "DE", "show_billed_characters": True}

        (made,) = client.post("/v2/translate", fields).json["translations"]

        assert made["billed_characters"] == len(LINE)

    def test_markup_stays(self, client: Client) -> None:
        fields = {"text": [f"<p>{LINE}</p>"], "target_lang": "DE", "tag_handling": "xml"}

        (made,) = client.post("/v2/translate", fields).json["translations"]

        assert made["text"] == f"<p>{client.translate(LINE)}</p>"

    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            ({"target_lang": "DE"}, "Invalid request: missing text parameter"),
            ({"text": ["a"], "target_lang": "XX"}, "XX is not supported"),
            ({"text": ["a"], "target_lang": "DE", "formality": "less"}, "formality is not "),
            ({"text": ["a"], "target_lang": "DE", "glossary_id": "x"}, "glossary_id is not "),
        ],
    )
    def test_a_refusal_has_a_message(
        self, fields: dict[str, object], message: str, client: Client
    ) -> None:
        answer = client.post("/v2/translate", fields)

        assert answer.status == 400
        assert answer.json["message"].startswith(message)

    def test_languages_and_usage(self, client: Client) -> None:
        assert client.get("/v2/languages").json == [{"language": "EN", "name": "English"}]
        (target,) = client.get("/v2/languages?type=target").json
        assert (target["language"], target["supports_formality"]) == ("DE", False)
        before = client.get("/v2/usage").json["character_count"]
        client.translate(LINE)
        assert client.get("/v2/usage").json["character_count"] == before + len(LINE)
