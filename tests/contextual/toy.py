"""A toy world: English, and two languages that spell its words in their own letters.

`xx` writes each word in Greek letters, in the same order; `yy` in Cyrillic ones, backwards. So the
right links are known.
"""

from crosstalk.params.contextual import EncoderParams, MaskedLMParams, TokeniserParams

WORDS = [
    "open",
    "close",
    "save",
    "print",
    "file",
    "page",
    "line",
    "cell",
    "table",
    "chart",
    "the",
    "a",
    "my",
    "this",
    "all",
    "new",
    "old",
    "big",
]
LETTERS = {
    "xx": str.maketrans("abcdefghijklmnopqrstuvwxyz", "αβψδεφγηιξκλμνοπςρσταυωχθζ"),
    "yy": str.maketrans("abcdefghijklmnopqrstuvwxyz", "абцдефгхийклмнопщрстувшжыз"),
}
TOKENISER = TokeniserParams(vocabulary=160, lower_case=True)
ENCODER = EncoderParams(
    pretrained=None, layers=2, dimension=16, heads=2, feed_forward=32, positions=24, dropout=0.1
)
TRAINING = MaskedLMParams(steps=30, batch_sentences=8, learning_rate=5e-3)


def translate(words, language):
    spelt = [word.translate(LETTERS[language]) for word in words]
    return spelt[::-1] if language == "yy" else spelt
