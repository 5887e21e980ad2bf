r"""Quoting of command-line words: text reaches the configuration as it was typed.

`typed` stands for what a user's shell passes on, `printed` for a command that the program shows.
"""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from seq2seq.commands.compose import compose
from seq2seq.commands.quoting import describe_override_error, quote_overrides
from seq2seq.commands.typed_values import expand_home
from seq2seq.config.literals import (
    escape_all_interpolations,
    quote_argument,
    quote_value,
    read_override,
)
from seq2seq.errors import ConfigError

SPECIAL = "ab1e.-_+0 \t\n'\"\\\\$${}[](),,==~:;#&|<>!*?%@`^éß日\u3000"
TEXT = st.text(st.sampled_from(SPECIAL)) | st.text(
    st.characters(exclude_characters="\0", codec="utf-8")
)
NAMES = (  # a file system's names are bytes, UTF-8 or not
    (TEXT.map(os.fsencode) | st.binary())
    .map(lambda name: os.fsdecode(name.replace(b"/", b"").replace(b"\0", b"")))
    .filter(lambda name: name != "???")
)


def meaning(words: Sequence[str], key: str = "run") -> Any:
    """Return the value of `key` in a configuration after the overrides `words`."""
    cfg = OmegaConf.create()
    for override in OverridesParser.create().parse_overrides(list(words)):
        OmegaConf.update(cfg, override.key_or_group, override.value())
    return OmegaConf.to_container(cfg, resolve=True)[key]  # type: ignore[call-overload, index]


def received_by_sh(arguments: Sequence[str]) -> list[str]:
    """Return the arguments that a command gets from `arguments`, which a shell parses."""
    line = os.fsencode(f"printf '%s\\0' {' '.join(arguments)}")
    done = subprocess.run(["sh", "-c", line], capture_output=True, check=True)
    return [os.fsdecode(word) for word in done.stdout.split(b"\0")[:-1]]


def is_syntax(text: str) -> bool:
    """Return whether `text` may be a list, mapping, quoted string, null, or interpolation."""
    bare = text.strip(" \t")
    return bare.startswith(("[", "{", "'", '"')) or bare.lower() == "null" or "${" in text


@pytest.mark.parametrize(
    "text",
    [
        "test (1).en", "données.en", "日本.txt", "n.batch=1", "Once, there", "a,b", "It's",
        "'Tis, so", 'say "hi"', "a#b", "a&b", "a;b", "a  b", " a ", "\ta", " ", "a\nb", "\\",
        "a\\", "a\\'", "a\\\\", '\\"', "C:\\new", "\\\\server\\x", "a\\,b", "a\\ b",
        "[1] intro.txt", "[Aside] Go [exit]", "a[1]", "a{b}", "a]", "x: y", "choice(a,b)",
        "str(1)", "int(1)", "glob(*)", "foo(1)", "sort([a,b])", "123", "007", "1_000", "1e3",
        "1.50", "-0", "true", "No", "nan", "nullable", "$x", "${", "a${b", "${}", "${not one!}",
        "~nobody-here/x", "", "=", "-", "a\u3000[b]",
    ],
)  # fmt: skip
def test_text_arrives_as_it_was_typed(text: str) -> None:
    for prefix in ("", "+", "++"):
        assert meaning(quote_overrides([f"{prefix}run={text}"])) == text


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("[a,b]", ["a", "b"]),
        ("[a, 'b c']", ["a", "b c"]),
        ("{a: 1}", {"a": 1}),
        ("'a b'", "a b"),
        ('"a, b"', "a, b"),
        ("'it\\'s'", "it's"),
        ("null", None),
        ("", ""),
        ("${name}/x", "there/x"),
        ("é ${name}/${oc.decode:'1'}", "é there/1"),
        ("\\${name}", "${name}"),
        ("'a\\${b'", "a${b"),
    ],
)
def test_syntax_of_hydra_and_omegaconf_keeps_its_meaning(typed: str, value: object) -> None:
    assert meaning(["name=there", *quote_overrides([f"run={typed}"])]) == value


@pytest.mark.parametrize(
    "word",
    [
        "train.steps=5", "train.steps=1_000", "train.lr=1e-3", "resume=true", "model/cell=gru",
        "~tracker", "~run", "+recipe=tiny", "model/cell@model.cell=gru", "train.steps= 5",
        "train.steps=1,2", "train.lr=interval(0,1)", "cells=[gru,lstm]", "data.weights={news: 3}",
        "x='a, b'", "x=a\\,b", "train.steps=range(1,4)", "x=null", "x=", "run=a", "input=-",
        "output=./b_1-2.txt", "x=${run}", "hydra.run.dir=runs/${now:%Y%m%d-%H%M%S}",
    ],
)  # fmt: skip
def test_syntax_in_an_option_that_is_no_text_stays(word: str) -> None:
    assert quote_overrides([word]) == [word]


@pytest.mark.parametrize(
    ("word", "quoted"),
    [
        ("data=données", 'data="données"'),
        ("data.licence=CC BY (4.0), é", 'data.licence="CC BY (4.0), é"'),
        ("~run=é", '~run="é"'),
        ("device=cpu=1", 'device="cpu=1"'),
    ],
)
def test_what_hydra_cannot_read_is_text_in_every_option(word: str, quoted: str) -> None:
    assert quote_overrides([word]) == [quoted]


def test_names_in_a_list_need_no_quotes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/é")
    words = quote_overrides(["run=[~/a, données, 'b, c', it's (1), x=[1], 2]"])

    assert meaning(words) == ["/home/é/a", "données", "b, c", "it's (1)", "x=[1]", 2]
    assert meaning(quote_overrides(["run=[a\\,é,b]"])) == ["a\\,é", "b"]
    assert meaning(quote_overrides(["run=['it\\'s, x',é]"])) == ["it's, x", "é"]
    assert meaning(quote_overrides(["run=[{a: 'b,c'},é]"])) == [{"a": "b,c"}, "é"]


@pytest.mark.parametrize(
    ("typed", "runs"),
    [
        ("a,b", ["a", "b"]),
        ("Once, there", ["Once", "there"]),
        ("'Once, there',x", ["Once, there", "x"]),
        ("~/a,~/é (1)", ["/home/me/a", "/home/me/é (1)"]),
        ("[a,b],[é,c=1]", [["a", "b"], ["é", "c=1"]]),
        ("choice(a,b)", ["a", "b"]),
        ("a\\,b", ["a,b"]),
        ("é (a,b)", ["é (a,b)"]),
        ("It's", ["It's"]),
        ("a${b", ["a${b"]),
        ("1e3", ["1e3"]),
        (":)", [":)"]),
    ],
)
def test_with_multirun_commas_are_between_runs(
    typed: str, runs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    words = quote_overrides([f"run={typed}"], multirun=True)
    parsed = OverridesParser.create().parse_overrides(words)

    batches = BasicSweeper.split_arguments(parsed, None)
    assert [meaning(job) for job in batches[0]] == runs


@pytest.mark.parametrize(
    "typed", ["choice(é,b)", "interval (0,é)", "Sad :(, yes", "a,,é", "a,[é", "choice(é),b"]
)
def test_with_multirun_what_is_meant_as_a_sweep_but_is_none_is_refused(typed: str) -> None:
    with pytest.raises(ConfigError, match="as text it is typed"):
        quote_overrides([f"prompt={typed}"], multirun=True)


def test_the_home_folder_is_expanded_only_in_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/It's me")
    for typed, meant in [
        ("~", "/home/It's me"), ("~/x/", "/home/It's me/x/"), ("~/a, b", "/home/It's me/a, b"),
        ("a~/x", "a~/x"), ("'~/x'", "~/x"), (" ~/x", " ~/x"), ("~nobody-here", "~nobody-here"),
    ]:  # fmt: skip
        assert meaning(quote_overrides([f"run={typed}"])) == meant
    assert meaning(quote_overrides(["prompt=~/x"]), "prompt") == "~/x"
    assert meaning(quote_overrides(["x=~/x"]), "x") == "~/x"
    assert meaning(quote_overrides(["x=~/x"], path_keys={"x"}), "x") == "/home/It's me/x"
    assert expand_home("~root") != "~root"


@pytest.mark.parametrize(
    ("word", "line"),
    [
        (
            "input=[a b.en",
            "input=[a b.en: no viable alternative at input '[a b.en'; a list is typed input=[A,B], "
            "with quotes around names; as text it is typed 'input=\"[a b.en\"'",
        ),
        (
            "input={draft}",
            "input={draft}: no viable alternative at input '{draft}'; a mapping is typed "
            "input={A: B}, with quotes around names; as text it is typed 'input=\"{draft}\"'",
        ),
        ("é=1", "é=1 is no option: é cannot be the name of one"),
        ("a b=1", "a b=1 is no option: a b cannot be the name of one"),
        ("~é", "~é is no option: ~é cannot be the name of one"),
        (
            "hydra.run.dir=a${b",
            "hydra.run.dir=a${b: Hydra works in no folder that has ${ in its name",
        ),
    ],
)
def test_a_word_that_is_neither_text_nor_syntax_is_refused_in_one_line(
    word: str, line: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        quote_overrides([word])

    assert str(refused.value) == line


@pytest.mark.parametrize(
    "typed",
    ["[a", "[a]b]", "[a,é", "{a:1", "[a(1.en,é]", "[a,]", "[[]", "{a: é}", "['a,é]", "[a),é(b]"],
)
def test_the_form_that_a_refusal_shows_is_accepted(typed: str) -> None:
    with pytest.raises(ConfigError) as refused:
        quote_overrides([f"run={typed}"])

    form = str(refused.value).partition("as text it is typed ")[2]
    assert meaning(quote_overrides(received_by_sh([form]))) == typed


def test_a_sweep_without_multirun_is_explained() -> None:
    line = describe_override_error("cells=gru,lstm", HydraException("Ambiguous value"))
    assert line == (
        "cells=gru,lstm: several values are for several runs, with --multirun; "
        "a list is typed cells=[gru,lstm]; as text it is typed 'cells=\"gru,lstm\"'"
    )
    line = describe_override_error("x=choice(1,2)", HydraException("requires --multirun"))
    assert "[choice" not in line
    assert describe_override_error("x=1", HydraException("No\n  x")) == "x=1: No x"


@pytest.mark.parametrize(
    ("argument", "printed"),
    [
        ("run=runs/dev/20240101-120000", "run=runs/dev/20240101-120000"),
        ("run=my dir", "'run=my dir'"),
        ("run=données", "'run=\"données\"'"),
        ("run=a=b", "'run=\"a=b\"'"),
        ("run=123", "'run=\"123\"'"),
        ("run=~/x", "'run=\"~/x\"'"),
        ("run=$HOME", "'run=$HOME'"),
        ("run=a${b}", "'run=\"a\\${b}\"'"),
        ("output=", "output="),
        ("resume", "resume"),
        ("/data/a=é/b", "'/data/a=é/b'"),
        ("my file", "'my file'"),
    ],
)
def test_a_printed_argument_has_no_more_quotes_than_it_needs(argument: str, printed: str) -> None:
    assert quote_argument(argument) == printed


def test_digits_and_brackets_by_the_thousand_are_text() -> None:
    for text in ("1" * 5000, "(" * 5000):
        assert meaning(quote_overrides([f"run={text}"])) == text
        assert meaning(received_by_sh([quote_argument(f"run={text}")])) == text
    for text in ("[" * 5000, "[" * 500 + "]" * 500, "{a:" * 300 + "1" + "}" * 300):
        with pytest.raises(ConfigError):
            quote_overrides([f"run={text}"])


@settings(max_examples=120, deadline=None)
@given(text=TEXT)
def test_any_text_that_is_no_syntax_arrives_as_it_was_typed(text: str) -> None:
    assume(not text.startswith("~") and text != "???" and not is_syntax(text))
    words = quote_overrides([f"run={text}"])

    assert meaning(words) == text
    assert quote_overrides(words) == words


@settings(max_examples=100, deadline=None)
@given(text=TEXT, multirun=st.booleans())
def test_any_word_is_accepted_once_quoted_or_refused_in_one_line(text: str, multirun: bool) -> None:
    for key in ("run", "steps"):
        try:
            words = quote_overrides([f"{key}={text}"], multirun=multirun)
        except ConfigError as refusal:
            refused = str(refusal)
        else:
            refused = ""
            assert read_override(words[0]).key_or_group == key
            assert quote_overrides(words, multirun=multirun) == words
        assert len(refused.splitlines()) <= 1


@settings(max_examples=100, deadline=None)
@given(text=TEXT.filter(lambda text: text != "???"), multirun=st.booleans())
def test_a_quoted_value_means_exactly_its_text_to_hydra_with_and_without_our_quoting(
    text: str, multirun: bool
) -> None:
    word = f"run={quote_value(text)}"

    assert quote_overrides([word], multirun=multirun) == [word]
    assert meaning([word]) == text
    batches = BasicSweeper.split_arguments(OverridesParser.create().parse_overrides([word]), None)
    assert meaning(batches[0][0]) == text


@settings(max_examples=40, deadline=None)
@given(names=st.lists(NAMES, min_size=1, max_size=30), parent=st.sampled_from(["", "/a b/", "é/"]))
def test_a_printed_folder_can_be_pasted_into_a_shell(names: list[str], parent: str) -> None:
    folders = [parent + name for name in names]
    received = received_by_sh([quote_argument(f"run={folder}") for folder in folders])

    assert [meaning(quote_overrides([word])) for word in received] == folders
    assert [meaning([word]) for word in received] == folders  # Hydra alone reads the same


@dataclass
class Options:
    run: str | None = None
    input: Any = "-"


@settings(max_examples=100, deadline=None)
@given(text=TEXT.filter(lambda text: text != "???"))
def test_text_that_was_resolved_survives_a_second_resolving(text: str) -> None:
    plain = escape_all_interpolations({"run": text, "input": [text, {"a": text}, 1, None]})
    config = OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(Options), plain))

    assert config == Options(run=text, input=[text, {"a": text}, 1, None])


def test_hydra_composes_what_was_quoted() -> None:
    typed = [
        "run=données (1)",
        "input=[a=b.en,é, c.en]",
        "output=It's, so",
        "batch=7",
        "search=beam",
    ]
    cfg = compose("translate", quote_overrides(typed))

    assert (cfg.run, cfg.output, cfg.batch) == ("données (1)", "It's, so", 7)
    assert cfg.input == ["a=b.en", "é", "c.en"]
