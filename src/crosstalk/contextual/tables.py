"""The tables that this room's models are trained and tested on, and what they answer, by columns.

Words are strings without white space, in the order of the message. Positions count words from 0.
`message_id` is shared by all translations of a message; the two sides of a pair are one message.
"""

from __future__ import annotations

TEXT = ("language", "words")
"""Pretraining text: one row a message in one language; ``words`` is a list of strings."""

PAIRS = ("language", "message_id", "english", "foreign", "english_links", "foreign_links")
"""Sentence pairs, for alignment, development or test: one row a message and language.

``language`` is the one beside English; ``english`` and ``foreign`` are lists of words;
``english_links[n]`` and ``foreign_links[n]`` (lists of int32, of one length) are the positions of
the words that the n-th link joins. A word is in one link at most (Cao et al. 2020's script)."""

MESSAGES = ("language", "message_id", "words", "label", "split")
"""Messages to classify: one row a message and language, English among the languages. ``label`` is
the class by name, ``split`` is ``train``, ``dev`` or ``test``, the same in every language."""

SENTENCE_PAIRS = ("language", "message_id", "premise", "hypothesis", "label", "split")
"""Pairs of sentences to classify, both lists of words; otherwise as `MESSAGES`."""

RANKS = ("system", "seed", "language", "direction", "similarity", "layer", "query", "rank")
"""Answers of retrieval, see `crosstalk.contextual.retrieval.retrieve_words`."""

TRANSFER = ("system", "seed", "protocol", "language", "message_id", "right")
"""Answers of transfer, see `crosstalk.contextual.transfer.transfer_frozen`."""
