"""Plain text out of gettext messages: contexts, markup and placeholders removed."""

from __future__ import annotations

import html
import re

# Help pages put their text into attributes: <ref>dst='x' text='shown'</ref>.
_QUOTED = re.compile(r"<(\w+)>[^<]*?\btext=(?:'((?:\\.|[^'\\])*)'|(\w+))[^<]*</\1>", re.DOTALL)
_IMAGE = re.compile(r"<img>.*?</img>|<jump>.*?</jump>|<format>.*?</format>", re.DOTALL)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_PLACEHOLDER = re.compile(
    r"""
    \$\{[^}]*\}                      # ${name}
    | \$\([^)]*\)                    # $(formula)
    | \$[\w.$|\[\]]*[\w\]|]          # $name  $unit.name|  $list[$i].x  $a_$b|.x
    | %\([^)]*\)[a-z]                # %(name)s
    | %(?:\d+\$)?[-+0-9.]*l*[sdiufxcgY](?![a-z])  # %s  %1$d  %lu
    | \{[^{}]*\}                     # {name}
    """,
    re.VERBOSE,
)
_GRAMMAR = re.compile(r"^\w+=", re.MULTILINE)
_SPACE = re.compile(r"\s+")


def strip_context(message: str) -> str:
    """Drop what stands before the first caret: Wesnoth's way of telling equal messages apart."""
    context, caret, text = message.partition("^")
    return text if caret and "\n" not in context else message


def plain_text(message: str) -> str:
    """Return a message as a person reads it: no markup, entities or placeholders, single spaces.

    Empty when nothing readable is left, as for the name generators' grammars.
    """
    if _GRAMMAR.search(message):
        return ""
    text = _QUOTED.sub(lambda match: match[2] or match[3] or "", message)
    text = _TAG.sub("", _IMAGE.sub(" ", text))
    text = _PLACEHOLDER.sub(" ", html.unescape(text))
    text = _SPACE.sub(" ", text.replace("\\'", "'").replace("\u00ad", "")).strip()
    return text if any(character.isalpha() for character in text) else ""
