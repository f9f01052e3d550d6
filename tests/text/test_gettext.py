"""Cleaning of messages: real ones from the catalogues of Wesnoth, LibreOffice and GNOME."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstalk.text.gettext import clean, strip_accelerator, strip_context, strip_placeholders


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("whisper^Camerin, you know him?", "Camerin, you know him?"),
        ("a^b^c", "b^c"),
        ("No context here", "No context here"),
        ("First line\nx^2", "First line\nx^2"),
        ("^Uf is a terrain", "^Uf is a terrain"),
    ],
)
def test_context_is_what_stands_before_the_first_caret(message, text):
    assert strip_context(message) == text


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("<big><i>BOOM!!</i></big>", "BOOM!!"),
        (
            "<span foreground='$side_color'>Camp $side_number</span> est en tête.",
            "Camp est en tête.",
        ),
        ("See <ref>dst='..race_elf' text='Elves'</ref> for more.", "See Elves for more."),
        ("Nains: <ref>text='nains' dst='..race_dwarf'</ref>.", "Nains: nains."),
        ("comme les <ref>dst=unit_Mage text=mages</ref>", "comme les mages"),
        ("<header>text='Terrain'</header>\n\nGrass", "Terrain Grass"),
        ("<header>text='Ordre et nombre d\\'attaques'</header>", "Ordre et nombre d'attaques"),
        ("An <img>src=help/tooltip.png align=left</img>image", "An image"),
        ("Designed for players 1 &amp; 4 vs. 2 &amp; 3.", "Designed for players 1 & 4 vs. 2 & 3."),
        ("• one\n◦ two", "one two"),
        ("Bun\u00addes\u00adtag", "Bundestag"),
        ("a < b, and c > d", "a < b, and c > d"),
    ],
)
def test_markup_leaves_what_a_reader_sees(message, text):
    assert clean(message) == text


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("Стой, $unit.name|! Теперь мы", "Стой! Теперь мы"),
        ("$unit.name|, welcome.", "welcome."),
        ("$sm_player_name|’s game", "game"),
        ("Pay $gold_$side_number|.price gold.", "Pay gold."),
        ("$(16 - $turn_number) turns remain", "turns remain"),
        ("Unknown scenario: ‘$scenario|’ (${id})", "Unknown scenario:"),
        ("Name ($order)", "Name"),
        ("%d of %s, %(name)s, %1$d left", "of, left"),
        ("Zu %.2f km/h", "Zu km/h"),
        ("100%% sure", "100% sure"),
        (
            "20% of finishing gold, 40 % du reste, 70%ige",
            "20% of finishing gold, 40 % du reste, 70%ige",
        ),
        ("{0} files in {folder}", "files in"),
        ("Quoi ? Rien !", "Quoi ? Rien !"),  # French blanks stay where nothing was removed
    ],
)
def test_placeholders_take_their_punctuation_along(message, text):
    assert clean(message) == text


@pytest.mark.parametrize(
    "message",
    [
        "$gold",
        "12 + 3",
        "",
        "%s: %d",
        "prefix=Am|An\nmain={prefix}{suffix}",
        "Aban,Abbas,Abbud,Abdul-Ahad,Abdul-Alim,Abdul-Aliyy,Abdul-Aziz,Abdul-Badi,Abdul-Bari",
    ],
)
def test_nothing_is_left_without_a_word(message):
    assert clean(message) == ""


@pytest.mark.parametrize(
    ("message", "mark", "text"),
    [
        ("_Open…", "_", "Open…"),
        ("Save ~As", "~", "Save As"),
        ("Cut && &Paste", "&", "Cut & Paste"),
        ("ファイル(_F)", "_", "ファイル"),
        ("5 & 6", "&", "5 & 6"),
    ],
)
def test_accelerators(message, mark, text):
    assert strip_accelerator(message, mark) == text


def test_accelerators_are_letters_of_their_word():
    assert clean("<b>_File</b> %s", accelerator="_") == "File"
    assert clean("snake_case") == "snake_case"


@given(
    st.text(st.characters(categories=["L", "Po", "Zs"], exclude_characters="&%‘•‣^\\"), max_size=40)
)
def test_plain_words_pass_unharmed(text):
    kept = "".join(filter(str.isalnum, text))
    assert "".join(filter(str.isalnum, strip_placeholders(text))) == kept


@given(st.text("ab $|.(){}%s<>&;,!^'\n", max_size=30))
def test_no_message_keeps_a_hole_or_a_double_blank(text):
    cleaned = clean(text)
    assert "\x00" not in cleaned
    assert cleaned == " ".join(cleaned.split())
