import pytest

from seq2seq.text.spans.icu import parse
from seq2seq.text.spans.icu_sentences import expand, rebuild
from seq2seq.text.spans.icu_tree import Message, Path


def parsed(line: str) -> Message:
    message = parse(line)
    assert message is not None
    return message


def copied(line: str, language: str) -> str:
    """Rebuild a message with its own sentences."""
    message = parsed(line)
    return rebuild(message, dict(expand(message)), language)


def test_every_combination_of_branches_is_a_sentence() -> None:
    message = parsed(
        "{g, select, female {She} other {They}} sent {n, plural, one {# file} other {# files}}."
    )

    assert expand(message) == [
        ((("g", "female"), ("n", "one")), "She sent {#n} file."),
        ((("g", "female"), ("n", "other")), "She sent {#n} files."),
        ((("g", "other"), ("n", "one")), "They sent {#n} file."),
        ((("g", "other"), ("n", "other")), "They sent {#n} files."),
    ]


def test_a_second_choice_by_the_same_value_does_not_multiply() -> None:
    message = parsed("{n, plural, one {a} other {b}} {n, plural, =0 {c} one {d} other {e}}")

    assert expand(message) == [
        ((("n", "one"),), "a d"),
        ((("n", "other"),), "b e"),
        ((("n", "=0"),), "b c"),  # the first has no =0
    ]


def test_one_is_the_branch_of_the_value_1_that_another_choice_names() -> None:
    message = parsed("{n, plural, =1 {a} other {b}} {n, plural, one {d} other {e}}")

    assert expand(message)[0] == ((("n", "=1"),), "a d")


def test_choices_within_branches_are_expanded_there_only() -> None:
    message = parsed("{g, select, f {{n, plural, one {a} other {b}}} other {c}}")

    assert [sentence.text for sentence in expand(message)] == ["a", "b", "c"]


def test_text_is_without_quotes_and_arguments_stay() -> None:
    message = parsed("It''s '{x}' on {d, date, short}, {name}: {n, plural, other {'#' #}}")

    assert [sentence.text for sentence in expand(message)] == [
        "It's {x} on {d, date, short}, {name}: # {#n}"
    ]


def test_a_message_without_a_choice_is_one_sentence() -> None:
    message = parsed("On {d, date}")

    assert expand(message) == [((), "On {d, date}")]
    assert rebuild(message, {(): "Am {d, date} {x}"}, "de") == "Am {d, date} '{'x'}'"


def test_combinations_are_bounded() -> None:
    line = "".join(f"{{n{i}, plural, one {{a}} other {{b}}}}" for i in range(60))

    with pytest.raises(ValueError, match="more than 64 combinations"):
        expand(parsed(line))
    assert len(expand(parsed("{n, plural, one {a} other {b}}"), limit=2)) == 2
    with pytest.raises(ValueError, match="more than 1 combinations"):
        expand(parsed("{n, plural, one {a} other {b}}"), limit=1)


def test_the_number_of_choices_is_bounded() -> None:
    with pytest.raises(ValueError, match="more than 200 choices"):
        expand(parsed("{n, select, other {a}}" * 5_000))


@pytest.mark.parametrize(
    ("language", "rebuilt"),
    [
        ("de", "{n, plural, one {# a} other {# b}}"),
        ("ja", "{n, plural, other {# b}}"),
        ("ru", "{n, plural, one {# a} few {# b} many {# b} other {# b}}"),
        (
            "ar",
            "{n, plural, zero {# b} one {# a} two {# b} few {# b} many {# b} other {# b}}",
        ),
        ("qqq", "{n, plural, one {# a} other {# b}}"),  # unknown: as it was
    ],
)
def test_categories_of_the_target_language_are_copied_from_other(
    language: str, rebuilt: str
) -> None:
    assert copied("{n, plural, one {# a} other {# b}}", language) == rebuilt


def test_values_stay_before_the_categories() -> None:
    line = "{n, plural, other {b} =0 {no} =1 {one}}"

    assert copied(line, "de") == "{n, plural, =0 {no} =1 {one} one {b} other {b}}"


def test_ordinals_have_categories_of_their_own() -> None:
    line = "{n, selectordinal, other {#.}}"

    assert copied(line, "en") == "{n, selectordinal, one {#.} two {#.} few {#.} other {#.}}"
    assert copied(line, "de") == line


def test_choices_stand_around_whole_sentences() -> None:
    message = parsed("{g, select, f {Her} other {Their}} {n, plural, one {dog} other {dogs}}!")
    german: dict[Path, str] = {
        (("g", "f"), ("n", "one")): "Ihr Hund!",
        (("g", "f"), ("n", "other")): "Ihre Hunde!",
        (("g", "other"), ("n", "one")): "Deren Hund!",
        (("g", "other"), ("n", "other")): "Deren Hunde!",
    }

    assert rebuild(message, german, "de") == (
        "{g, select, f {{n, plural, one {Ihr Hund!} other {Ihre Hunde!}}}"
        " other {{n, plural, one {Deren Hund!} other {Deren Hunde!}}}}"
    )


def test_the_number_of_an_outer_plural_is_an_argument() -> None:
    line = "{n, plural, other {#}} {m, plural, offset:2 other {#}} {k, plural, other {#}}"

    assert copied(line, "ja") == (
        "{n, plural, other {{m, plural, offset:2 other {{k, plural, other {"
        "{n, number} {m, plural, offset:2 other {#}} #}}}}}}"
    )


def test_braces_pounds_and_apostrophes_of_a_translation_are_quoted() -> None:
    message = parsed("{n, plural, other {{name}: #}}")

    rebuilt = rebuild(message, {(("n", "other"),): "l'{name} {foo} # {#n} }{"}, "ja")

    assert rebuilt == "{n, plural, other {l''{name} '{'foo'}' '#' # '}{'}}"
    assert expand(parsed(rebuilt))[0].text == "l'{name} {foo} # {#n} }{"


def test_a_run_of_syntax_is_quoted_in_a_message_without_arguments() -> None:
    message = parsed("{g, select, other {a}}")

    rebuilt = rebuild(message, {(("g", "other"),): "{'}"}, "de")

    assert rebuilt == "{g, select, other {'{''}'}}"
    assert expand(parsed(rebuilt))[0].text == "{'}"


def test_a_missing_translation_is_named() -> None:
    message = parsed("{n, plural, one {a} other {b}}")

    with pytest.raises(ValueError, match=r"\(\('n', 'other'\),\) has no translation"):
        rebuild(message, {(("n", "one"),): "x"}, "de")


@pytest.mark.parametrize(
    "line",
    [
        "It's {g, select, f {her} other {my}} {n, plural, offset:1 =0 {no} one {# x} other {# y}}",
        "{n, plural, one {# a in {m, plural, one {# b} other {# c}}} other {# d}}",
        "{n, selectordinal, one {#st} two {#nd} few {#rd} other {#th}} of {n, plural, other {#}}",
    ],
)
def test_sentences_of_a_rebuilt_message_are_those_of_the_source(line: str) -> None:
    message = parsed(line)
    sentences = dict(expand(message))

    again = dict(expand(parsed(rebuild(message, sentences, "en"))))

    for path, text in sentences.items():
        assert again[path].replace("{n, number}", "{#n}").replace("{m, number}", "{#m}") == text
