"""Gettext messages as plain sentences: contexts, markup, placeholders and shortcuts removed."""

from __future__ import annotations

import html
import re

# `female^healer`: the convention of Wesnoth (gettext.cpp: up to the first caret) and of old KDE
# catalogues. A long prefix is a sentence that speaks of carets.
_CONTEXT = re.compile(r"^[^\^\n]{1,60}\^(?=.)", re.DOTALL)

# Wesnoth's help pages put text into attributes: <ref>dst='traits_loyal' text='Loyal units'</ref>.
_HELP = re.compile(r"<(ref|italic|bold|header|format|jump|img)>((?:(?!</\1>).)*)</\1>", re.DOTALL)
_HELP_TEXT = re.compile(r"""\btext=(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(\S+))""", re.DOTALL)
_TAG = re.compile(r"</?[^\W\d_][^<>\n]*>")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")

_VARIABLE = re.compile(
    r"\$\((?:[^()]|\([^()]*\))*\)\|?"  # $(16 - $turn_number): a formula
    r"|\$[^\W\d]\w*"  # $player_$side_number|.farming.gold|
    r"(?:\.\w+|\[[^\]\s]*\]|\|[._]\w+|(?<=_)\$\w+)*\|?"
)
_BRACES = re.compile(r"\$?\{[^{}]*\}")
# printf without its blank flag, so that "40 % defence" is no placeholder; strftime likewise.
_PERCENT = re.compile(
    r"(?<![\d%])%(?:\(\w+\)|\d+\$)?[-+#0']*\d*(?:\.\d+)?(?:hh|ll|[hlLqjzt])?[a-zA-Z](?![^\W\d_])"
)
_GRAMMAR = re.compile(r"^\s*main=.*[{|]", re.MULTILINE)  # Wesnoth's generators of names
_NAME_LIST = re.compile(r"^\s*(?:[^,\n]{1,40},(?!\s)){8}")  # what they draw names from
_BULLETS = re.compile("[•◦●▪‣]")

# Where a placeholder was: punctuation that only made sense around it goes with it.
_HOLE = "\x00"
_TIDY = (
    (re.compile(rf"[(\[\"'“‘„‚«»]\s*{_HOLE}(?:\s*{_HOLE})*\s*[)\]\"'”’“‘»«]"), _HOLE),
    (re.compile(rf"{_HOLE}[’']s\b"), _HOLE),
    (re.compile(rf"[,;:]\s*{_HOLE}\s*(?=[,;:])"), ""),
    (re.compile(rf"(?:[,;:]?\s*{_HOLE})+\s*(?=[.!?…)])"), ""),
    (re.compile(rf"\s*{_HOLE}\s*(?=[,;:])"), ""),
    (re.compile(_HOLE), " "),
    (re.compile(r"\s+"), " "),
    (re.compile(r"^[,.;:!?…)\]’\s]+(?=\w)"), ""),
)


def strip_context(message: str) -> str:
    """Remove a leading ``context^``: ``female^healer`` becomes ``healer``."""
    return _CONTEXT.sub("", message, count=1)


def strip_accelerator(message: str, mark: str) -> str:
    """Remove a keyboard shortcut's mark before its letter; a doubled mark is a literal one.

    Japanese and Chinese programs append the key in parentheses, ``ファイル(_F)``: those go whole.
    """
    escaped = re.escape(mark)
    message = re.sub(rf"\s*[(（]{escaped}\w[)）]", "", message)
    return re.sub(rf"{escaped}({escaped}|(?=\w))", lambda m: mark if m[1] else "", message)


def strip_markup(message: str) -> str:
    """Remove Pango, HTML and Wesnoth help markup and keep what a reader sees."""
    message = _HELP.sub(lambda match: _help_text(match[1], match[2]), message)
    return _INVISIBLE.sub("", html.unescape(_TAG.sub("", message)))


def _help_text(tag: str, body: str) -> str:
    if tag == "img":
        return " "
    found = _HELP_TEXT.search(body)
    if not found:
        return "" if tag in {"jump", "format"} else body
    value = next(group for group in found.groups() if group is not None)
    return re.sub(r"\\(.)", r"\1", value)


def strip_placeholders(message: str) -> str:
    """Remove what a program fills in: ``$unit.name|``, ``${x}``, ``{0}``, ``%s``, ``%(n)d``.

    Quotes, brackets and commas that enclosed or introduced it alone go too, and runs of white
    space become one blank.
    """
    message = _PERCENT.sub(_HOLE, message).replace("%%", "%")
    message = _BRACES.sub(_HOLE, _VARIABLE.sub(_HOLE, message))
    for pattern, replacement in _TIDY:
        message = pattern.sub(replacement, message)
    return message.strip()


def clean(message: str, *, accelerator: str = "") -> str:
    """Turn a gettext message into one line of text, empty if no word is left.

    Parameters
    ----------
    message
        A msgid or msgstr.
    accelerator
        The toolkit's mark of keyboard shortcuts: ``_`` (GTK), ``&`` (Qt), ``~`` (LibreOffice),
        empty where there are none, as in Wesnoth.

    """
    message = strip_context(message)
    if _GRAMMAR.search(message) or _NAME_LIST.match(message):
        return ""
    message = strip_markup(message)
    if accelerator:
        message = strip_accelerator(message, accelerator)
    message = strip_placeholders(_BULLETS.sub(" ", message))
    return message if any(character.isalpha() for character in message) else ""
