"""The command `preheat` as a person sees it: in a terminal of 80 columns and 24 lines."""

from terminal import seen

TEXT = "warmup(100) >> cosine(1, 0.1, steps=900)"
SHOWN = """\
$ preheat
linear(0, 1, steps=100) >> cosine(1, 0.1, steps=900)

   1 ┤       ⢰⠒⠒⠒⠒⠒⠤⠤⠤⢤⣀⣀⡀
     │      ⢠⠃           ⠉⠉⠑⠒⠤⢤⣀⡀
0.75 ┤      ⡎                   ⠉⠙⠒⠦⢤⣀
     │     ⡜                          ⠉⠓⠢⢤⡀
     │    ⢰⠁                              ⠈⠉⠒⠤⣄⡀
 0.5 ┤   ⢀⠇                                    ⠉⠑⠲⠤⣀⡀
     │   ⡜                                          ⠉⠓⠢⠤⣀⡀
     │  ⢸                                                ⠉⠑⠒⠤⣄⣀
0.25 ┤ ⢠⠃                                                      ⠉⠑⠒⠢⠤⢄⣀⣀⡀
     │⢀⠇                                                               ⠉⠉⠉⠙⠒⠒⠒⠒⠒
   0 ┤⠘
     └┬─────────────────┬──────────────────┬─────────────────┬─────────────────┬
      0                250                500               749              999
                                update (index, from 0)

update  value  piece
     0   0.01  linear(0, 1, steps=100)
    99      1
   100      1  cosine(1, 0.1, steps=900)
   999    0.1
$"""
FOUND = """\
$ preheat
wrong: no update uses 1, at which the piece before update 10 ends; the highest
  used is 0.9, by update 9; begin the next piece there, or leave out zero_based
  [peak-unreached]
note: its first value is 0, so as a learning rate update 0 changes nothing;
  leave out zero_based, or start above 0 [zero-start]
note: it jumps at update 10 from 0.9 to 0.5; if it is not meant, begin the next
  piece where the one before it ends [jump]
$"""


def test_show_fits_the_screen_with_what_was_typed_and_the_next_prompt():
    screen = seen("show", TEXT)
    assert (screen.status, screen.text) == (0, SHOWN)
    assert screen.colours


def test_a_finding_is_broken_between_words_and_its_kind_is_in_colour():
    screen = seen("lint", "zero_based(warmup(10)) >> constant(0.5)")
    assert (screen.status, screen.text) == (1, FOUND)
    assert screen.colours == {"red", "brown"}  # as a terminal of eight colours calls yellow


def test_no_color_is_heeded():
    screen = seen("show", TEXT, NO_COLOR="1")
    assert (screen.text, screen.colours) == (SHOWN, set())


def test_two_plans_fit_the_screen_with_their_legend():
    screen = seen("plot", "warmup(9)", TEXT)
    assert screen.lines[0] == "$ preheat"
    assert screen.lines[21:] == [
        "⠤ linear(0, 1, steps=9)",
        "⠤ linear(0, 1, steps=100) >> cosine(1, 0.1, steps=900)",
        "$",
    ]


def test_an_error_is_broken_between_words():
    screen = seen("show", "warmup(9) >> cosin(1, 0, steps=9)")
    assert screen.status == 2
    assert screen.lines[1:5] == [
        "parse: line 1, column 14: 'cosin' must be the name of a shape; did you mean",
        "'cosine'?",
        "  here: cosin(1, 0, steps=9)",
        "$",
    ]


def test_help_fits_the_width_of_the_screen():
    screen = seen("resolve", "--help")
    assert screen.status == 0
    assert screen.lines[1] == "Usage: preheat resolve [OPTIONS] TEXT"
    assert max(map(len, screen.lines)) <= 80
