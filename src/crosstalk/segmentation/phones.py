"""Where the phones of recordings are, and how well that is known where the truth is."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from lhotse import CutSet
from torch import Tensor

from crosstalk.corpora.manifests import read_cuts
from crosstalk.corpora.messages import read_messages
from crosstalk.corpora.parquet import read_columns
from crosstalk.errors import DataError
from crosstalk.params.evaluation import EvaluationParams
from crosstalk.params.monophones import MonophoneParams
from crosstalk.params.speech import SpokenParams
from crosstalk.progress import progress
from crosstalk.results.metrics import ALL, METRICS
from crosstalk.segmentation.monophones import align, with_differences
from crosstalk.speech.features import levels, mfcc, normalise
from crosstalk.speech.reading import Request, read_aloud
from crosstalk.speech.spoken import speakers, spoken_words, voices_of
from crosstalk.stage import Input, Output

COLUMNS = ("utterance", "phone", "start", "end")
"""A row a phone, in the order of speech; times in seconds from the start of the utterance."""
