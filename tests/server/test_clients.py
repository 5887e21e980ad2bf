"""Clients that people have, unchanged, from their package registries."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.client import RUN, Client, config_of, served

pytestmark = [pytest.mark.network, pytest.mark.slow]

LINE = "Today Omar opens the door."
OTHER = "On Monday Viktor sells a lamp."
PACKAGES = (
    "libretranslatepy==2.1.4", "libretranslate-aio==0.1.3", "deep-translator==1.11.4",
    "transpolibre==0.8.15", "deepl==1.32.0",
)  # fmt: skip
MODULES = ("libretranslate@1.0.1", "translate@3.1.0")
CATALOGUE = (
    'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    f'msgid "{LINE}"\nmsgstr ""\n'
)
# Each is a program that prints what a client returns; URL is the address of the server.
PROGRAMS = {
    "libretranslatepy": (
        "from libretranslatepy import LibreTranslateAPI as Api\n"
        "api = Api(URL)\n"
        "print(api.translate(LINE, 'en', 'de'))\n"
        "print(api.detect('Das Wetter ist heute schön.')[0]['language'])\n"
        "print(api.languages()[0]['code'])\n",
        "{line}\nde\nen\n",
    ),
    "libretranslate-aio": (
        "from libretranslate_aio import LibreTranslate, ForbiddenError, BadRequestError\n"
        "client = LibreTranslate(URL)\n"
        "print(client.translate(LINE, 'en', 'de').translated_text)\n"
        "made = client.translate(LINE, 'auto', 'de', alternatives=2)\n"
        "print(made.detected_language.language, 1 <= len(made.alternatives) <= 2)\n"
        "print(client.detect(LINE)[0].language, client.languages()[0].targets, client.health())\n"
        "print(client.frontend_settings().char_limit)\n"
        "url = client.translate_file('a.po', 'en', 'de').translated_file_url\n"
        "print(client._client.get(url).text.count('{line}'))\n"
        "for wrong in (lambda: client.suggest('a', 'b', 'en', 'de'),\n"
        "              lambda: client.translate('a', 'en', 'zz')):\n"
        "    try:\n"
        "        wrong()\n"
        "    except (ForbiddenError, BadRequestError) as error:\n"
        "        print(type(error).__name__)\n",
        "{line}\nen True\nen ['de', 'en'] True\n50000\n1\nForbiddenError\nBadRequestError\n",
    ),
    "deep-translator": (
        "from deep_translator import LibreTranslator\n"
        "made = LibreTranslator(source='en', target='de', api_key='x', custom_url=URL + '/')\n"
        "print(made.translate(LINE))\n"
        "print(made.translate_batch([LINE, OTHER])[1])\n",
        "{line}\n{other}\n",
    ),
    "deepl": (
        "import deepl\n"
        "client = deepl.Translator('key', server_url=URL)\n"
        "print(client.translate_text(LINE, target_lang='DE').text)\n"
        "print(client.translate_text([LINE, OTHER], source_lang='EN', target_lang='DE')[1].text)\n"
        "print([str(each) for each in client.get_target_languages()])\n"
        "print(client.get_usage().character.count > 0)\n",
        "{line}\n{other}\n['DE']\nTrue\n",
    ),
}
SCRIPT = """
import { createRequire } from "module";
const url = process.argv[2], text = process.argv[3];
const { translate } = createRequire(import.meta.url)("libretranslate");
console.log(await translate({ query: text, source: "en", target: "de", apiurl: url }));
import { Translate } from "translate";
const other = Translate({ engine: "libre", from: "en", to: "de", url: url + "/translate" });
console.log(await other(text, "de"));
"""


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with served(config_of(RUN)) as server:
        yield server.client


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that has the clients."""
    folder = tmp_path_factory.mktemp("clients")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "-q", *PACKAGES]
    if subprocess.run(install, capture_output=True, check=False).returncode:
        pytest.skip("there is no package index")
    return python


def plain_environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_a_client_of_python_gets_its_translations(
    name: str, python: Path, client: Client, tmp_path: Path
) -> None:
    program, printed = PROGRAMS[name]
    line, other = client.translate([LINE, OTHER])
    (tmp_path / "a.po").write_text(CATALOGUE, encoding="utf-8")
    head = f"URL, LINE, OTHER = {client.address!r}, {LINE!r}, {OTHER!r}\n"

    done = subprocess.run(
        [python, "-c", head + program.replace("{line}", line)], cwd=tmp_path,
        env=plain_environment(), capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip

    assert done.stdout == printed.replace("{line}", line).replace("{other}", other), done.stderr


def test_transpolibre_translates_a_catalogue(python: Path, client: Client, tmp_path: Path) -> None:
    file = tmp_path / "a.po"
    file.write_text(CATALOGUE, encoding="utf-8")

    subprocess.run(
        [python.parent / "transpolibre", "-u", client.address, "-s", "en", "-t", "de", "-f", file],
        env=plain_environment(), check=True, timeout=120,
    )  # fmt: skip

    assert f'msgstr "{client.translate(LINE)}"' in file.read_text(encoding="utf-8")


def test_clients_of_node_get_their_translations(client: Client, tmp_path: Path) -> None:
    if shutil.which("npm") is None:
        pytest.skip("there is no npm")
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "ask.mjs").write_text(SCRIPT)
    install = ["npm", "install", "--ignore-scripts", *MODULES]
    if subprocess.run(install, cwd=tmp_path, capture_output=True, check=False).returncode:
        pytest.skip("there is no package index")

    done = subprocess.run(
        ["node", "ask.mjs", client.address, LINE], cwd=tmp_path, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip

    assert done.stdout.splitlines() == [client.translate(LINE)] * 2, done.stderr
