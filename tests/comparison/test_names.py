import subprocess

import pytest

from trivium.comparison.names import listed, marked, plain, quoted, shell_quoted, visible

HOSTILE = (
    'it\'s $HOME `id` "x" \\ !',
    "two\nlines\tand a bell\x07 1",
    "turned \u202e round\u2066",
    "\x85next\U000e0041tag 12",
    "--target",
    "",
    "Größe in µm",
    "a\\nb\x01f",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_shell_reads_the_name_as_it_was(name):
    command = f"printf %s {shell_quoted(name)}"
    environment = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
    said = subprocess.run(["bash", "-c", command], capture_output=True, env=environment)
    assert said.stdout.decode() == name


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_shown_is_one_line_of_letters_that_show(name):
    for shown in (visible(name), quoted(name), plain(name), shell_quoted(name)):
        assert shown.isprintable()


def test_white_space_at_an_end_shows():
    assert quoted(" age ") == "' age '"
    assert quoted("") == "''"
    assert quoted("age") == "age"


def test_a_long_name_keeps_both_ends_and_the_whole_in_a_title():
    name = "first " + 30 * "x" + " last <b>"
    shown = marked(name)
    assert shown.startswith(f'<bdi title="first {30 * "x"} last &lt;b&gt;">first ')
    assert shown.endswith("last &lt;b&gt;</bdi>")
    assert len(shown.split(">")[1].removesuffix("</bdi")) < 60
    assert len(marked("y" * 100_000)) < 700


def test_a_list_of_names_says_how_many_more_there_are():
    assert listed(("a", "<b>")) == "<bdi>a</bdi>, <bdi>&lt;b&gt;</bdi>"
    assert listed(tuple("abcdefghijk"), 2).endswith("<bdi>b</bdi> and 9 more")
