import doctest

import seq2seq.text.spans


def test_the_examples_of_the_package_are_true() -> None:
    failed, attempted = doctest.testmod(seq2seq.text.spans)

    assert failed == 0
    assert attempted > 10
