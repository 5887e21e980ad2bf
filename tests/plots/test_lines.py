"""Line plots: labels, legends, and the points that are drawn."""

from pathlib import Path

from seq2seq.plots.lines import MAX_LEGEND, TokenValues, plot_lines, plot_token_values
from seq2seq.plots.save import save_figure
from tests.plots.png import png_size


def test_axes_are_labelled_and_the_figure_has_a_title() -> None:
    panels = {"norm": {"a": [(1.0, 1.0)]}, "MB": {"a": [(1.0, 2.0)]}}

    figure = plot_lines(panels, "steps", (False, False), "Gradients")

    assert [axis.get_xlabel() for axis in figure.axes] == ["steps", "steps"]
    assert [axis.get_ylabel() for axis in figure.axes] == ["norm", "MB"]
    assert figure.get_suptitle() == "Gradients"


def test_tiny_values_are_left_out_of_a_logarithmic_axis() -> None:
    curves = {"a": [(1.0, 1.0), (2.0, 1e-3), (4.0, 1e-99)], "b": [(1.0, 0.0)]}

    logarithmic = plot_lines({"norm": curves}, "steps", (True, True)).axes[0]
    linear = plot_lines({"norm": curves}, "steps", (True, False)).axes[0]

    assert logarithmic.lines[0].get_xdata().tolist() == [1.0, 2.0]  # type: ignore[union-attr]
    assert linear.lines[0].get_xdata().tolist() == [1.0, 2.0, 4.0]  # type: ignore[union-attr]
    assert (logarithmic.get_yscale(), linear.get_yscale()) == ("log", "linear")
    assert (logarithmic.get_xscale(), linear.get_xscale()) == ("log", "log")


def test_several_curves_have_a_legend_and_many_have_it_beside_the_axes() -> None:
    def legend_x(count: int) -> float | None:
        curves = {f"cell {n}": [(1.0, float(n))] for n in range(count)}
        figure = plot_lines({"norm": curves}, "steps", (False, False))
        figure.draw_without_rendering()
        legend = figure.axes[0].get_legend()
        if legend is None:
            return None
        left_edge, right_edge = legend.get_window_extent().x0, figure.axes[0].bbox.x1
        return float(left_edge - right_edge)

    few, many = legend_x(MAX_LEGEND), legend_x(MAX_LEGEND + 1)
    assert legend_x(1) is None
    assert few is not None
    assert many is not None
    assert few < 0 < many


def test_tokens_label_the_axis_where_they_do_not_overlap() -> None:
    few = TokenValues("encoder input", ["a", "$x$"], {"layer 1": [1.0, 2.0]})
    many = TokenValues("decoder input", ["a"] * 500, {"layer 1": [1.0] * 500})

    figure = plot_token_values([few, many], "norm", "Hidden states")

    upper, lower = figure.axes
    assert [label.get_text() for label in upper.get_xticklabels()] == ["a", "$x$"]
    assert len(lower.get_xticklabels()) < 20
    assert [axis.get_xlabel() for axis in figure.axes] == ["encoder input", "decoder input"]
    assert [axis.get_ylabel() for axis in figure.axes] == ["norm", "norm"]
    assert figure.get_suptitle() == "Hidden states"


def test_line_plots_are_written_as_png(tmp_path: Path) -> None:
    tokens = TokenValues("encoder input", ["$5", "$\\frac{$"], {"layer 1": [1.0, 2.0]})
    figures = {
        "lines": plot_lines({"norm": {"a": [(1.0, 1.0)]}}, "steps", (True, True)),
        "tokens": plot_token_values([tokens], "norm"),
    }

    for name, figure in figures.items():
        save_figure(figure, tmp_path / f"{name}.png")
        assert png_size(tmp_path / f"{name}.png")[0] == 700
