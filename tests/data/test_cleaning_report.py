import json

from seq2seq.data.cleaning_report import CleaningReport


def test_the_table_has_a_line_for_each_rule_and_an_example() -> None:
    audit = CleaningReport()
    train = audit.split("train")
    train.read = 1200
    for number in range(5):
        train.drop("copied", f"OK {number}", f"OK {number}")
    train.drop("blank", "", "x" * 70)

    lines = audit.table().splitlines()

    assert train.kept == 1194
    assert [line.split()[-1] for line in lines[1:2]] == ["1,200"]
    assert lines[2].split()[:6] == ["-", "copied", "5", "OK", "0", "|"]
    assert lines[3].endswith("| " + "x" * 59 + "…")  # cut to 60 characters
    assert lines[4].split() == ["left", "1,194"]


def test_three_examples_of_a_rule_are_kept_and_survive_json() -> None:
    audit = CleaningReport()
    for number in range(5):
        audit.split("train").drop("copied", str(number), str(number))

    plain = json.loads(json.dumps(audit.to_dict()))

    assert plain["train"]["examples"]["copied"] == [["0", "0"], ["1", "1"], ["2", "2"]]
    assert CleaningReport.from_dict(plain).to_dict() == audit.to_dict()
