"""Cleaning of real messages from the catalogues."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstalk.text.gettext import plain_text, strip_context


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("whisper^Camerin, you know him?", "Camerin, you know him?"),
        ("a^b^c", "b^c"),
        ("No context here", "No context here"),
        ("First line\nx^2", "First line\nx^2"),
    ],
)
def test_context_is_what_stands_before_the_first_caret(message, text):
    assert strip_context(message) == text


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("<big><i>BOOM!!</i></big>", "BOOM!!"),
        ("they tell you <i>anything</i> here?!", "they tell you anything here?!"),
        ("Players 1 &amp; 4", "Players 1 & 4"),
        ("See <ref>dst='..race_elf' text='Elves'</ref> for more.", "See Elves for more."),
        ("<header>text='Terrain'</header>\n\nGrass", "Terrain Grass"),
        ("<bold>text='Don\\'t panic'</bold>!", "Don't panic!"),
        ("An <img>src=help/tooltip.png align=left</img>image", "An image"),
        ("<span color='green'>Well</span> done", "Well done"),
        ("Hello $unit.name|, welcome.", "Hello , welcome."),
        ("Pay $gold_$side_number|.price gold.", "Pay gold."),
        ("Drop to $($hp - 15) hitpoints", "Drop to hitpoints"),
        ("%d of %s, %(name)s, %1$d", "of , ,"),
        ("20% of finishing gold", "20% of finishing gold"),
        ("Chapter Three\nThe Book", "Chapter Three The Book"),
        ("prefix=Am|An\nmain={prefix}{suffix}", ""),
        ("$gold", ""),
        ("12 + 3", ""),
    ],
)
def test_a_message_becomes_what_a_person_reads(message, text):
    assert plain_text(message) == text


@given(st.text(st.characters(categories=["L", "P", "Zs"], exclude_characters="<>{}$%&\\"), max_size=40))
def test_plain_words_pass_unharmed(text):
    cleaned = plain_text(text)
    assert cleaned == plain_text(cleaned)
    if cleaned:
        assert cleaned.split() == text.replace("\u00ad", "").split()
