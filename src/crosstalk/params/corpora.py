"""Parameters of the corpora, one section a source."""

from crosstalk.params.asterisk import AsteriskParams
from crosstalk.params.bible import BibleParams
from crosstalk.params.freedict import FreedictParams
from crosstalk.params.klettres import KlettresParams
from crosstalk.params.ktuberling import KtuberlingParams
from crosstalk.params.quran import QuranParams
from crosstalk.params.section import Section
from crosstalk.params.smoke import SmokeParams
from crosstalk.params.splits import SplitParams
from crosstalk.params.tuxpaint import TuxpaintParams
from crosstalk.params.wesnoth import WesnothParams


class CorporaParams(Section):
    """All sources."""

    splits: SplitParams = SplitParams()
    """Shares of development and test data, the same in every source."""
    tuxpaint: TuxpaintParams = TuxpaintParams()
    """Spoken captions of pictures."""
    asterisk: AsteriskParams = AsteriskParams()
    """Telephone prompts."""
    klettres: KlettresParams = KlettresParams()
    """Spoken letters and syllables."""
    ktuberling: KtuberlingParams = KtuberlingParams()
    """Spoken names of objects."""
    wesnoth: WesnothParams = WesnothParams()
    """Text of a game, in many languages."""
    bible: BibleParams = BibleParams()
    """English verses."""
    quran: QuranParams = QuranParams()
    """Verses, in many languages."""
    freedict: FreedictParams = FreedictParams()
    """Dictionaries for evaluation."""
    smoke: SmokeParams = SmokeParams()
    """What stands for the archives at smoke scale."""
