"""Pictures name their axes, and leave out what would flatten them."""

from seq2seq.plots.lines import PieceValues, plot_lines, plot_pieces


def test_axes_are_named_and_faint_points_left_out() -> None:
    curves = {"a": [(1.0, 1.0), (2.0, 1e-3), (4.0, 1e-99)], "b": [(1.0, 0.0)]}

    figure = plot_lines({"norm": curves, "MB": {"a": [(1.0, 2.0)]}}, "steps", (True, True))

    upper, lower = figure.axes
    assert [axis.get_xlabel() for axis in (upper, lower)] == ["steps", "steps"]
    assert [axis.get_ylabel() for axis in (upper, lower)] == ["norm", "MB"]
    assert upper.lines[0].get_xdata().tolist() == [1.0, 2.0]  # type: ignore[union-attr]
    assert upper.get_legend() is not None
    assert lower.get_legend() is None  # of one curve the axis says enough


def test_pieces_are_written_as_long_as_they_can_be_read() -> None:
    few = PieceValues("what is read", ["a", "b"], {"layer 1": [1.0, 2.0]})
    many = PieceValues("what is read", ["a"] * 500, {"layer 1": [1.0] * 500})

    upper, lower = plot_pieces([few, many], "norm").axes

    assert [label.get_text() for label in upper.get_xticklabels()] == ["a", "b"]
    assert len(lower.get_xticklabels()) < 20
    assert upper.get_xlabel() == "what is read"
