"""Words for load tests: a vocabulary of which a few are said all the time and most hardly ever."""

from __future__ import annotations

from itertools import accumulate
from random import Random

RARE = "quasarine"
"""A word in few plans: in titles, in documents and in comments."""
RARE_PLANS = 20
COMMON, COMMON_TOO = "rollout", "service"
"""Words that every plan says."""
PHRASE = "rotate the signing key"
"""Words in a row, in about one plan of fifty."""
NOWHERE = "xylozephyr"
"""A word that no plan says."""
LONG_PREFIX = "authoriz"
"""A beginning of several words that many plans say."""

_SAID_OFTEN = """
cache token session worker queue retry index schema tenant ledger billing audit search upload
export import webhook plan review section comment thread version anchor migration backup restore
deploy release canary region cluster shard replica failover latency budget quota limit throttle
gateway proxy router balancer certificate secret vault policy role group member invite account
profile avatar preference theme layout editor viewer sidebar toolbar dialog menu button field form
validation parser lexer compiler runtime sandbox plugin extension registry package bundle asset
image thumbnail video stream socket channel topic event consumer producer batch window offset
checkpoint snapshot journal log metric trace span alert dashboard report chart filter sort page
cursor keyset pagination ranking snippet highlight stemmer dictionary locale currency invoice
consent privacy erasure encryption signature digest nonce challenge password passkey device login
logout authorization authorize authorized identity provider directory mapping assertion scope claim
"""
_BEGIN = ("ba", "ke", "li", "mo", "nu", "pra", "tri", "ve", "zo", "gra", "fel", "sti")
_BETWEEN = ("la", "ri", "so", "tu", "ne", "vo", "ka", "mi")
_END = ("dar", "len", "mis", "nor", "pex", "tal", "vin")
_JOINED = ("of", "for", "in", "and", "with", "before", "after", "without", "over", "between")


class Vocabulary:
    """Draws words as often as a language says them: the n-th n times less than the first."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        often = list(dict.fromkeys(_SAID_OFTEN.split()))
        rng.shuffle(often)
        seldom = [a + b + c + d for a in _BEGIN for b in _BETWEEN for c in _BETWEEN for d in _END]
        rng.shuffle(seldom)
        self.words = often + seldom
        self._weights = list(accumulate(1 / (rank + 8) for rank in range(len(self.words))))

    def some(self, count: int) -> list[str]:
        """Return `count` words."""
        return self.rng.choices(self.words, cum_weights=self._weights, k=count)

    def title(self) -> str:
        """Return a title of four to eight words."""
        told = self.some(self.rng.randint(3, 6))
        told.insert(self.rng.randint(1, 2), self.rng.choice(_JOINED))
        if len(told) > 5 and self.rng.random() < 0.5:
            told.insert(-1, self.rng.choice(_JOINED))
        return " ".join(told).capitalize()

    def sentence(self, least: int, most: int) -> str:
        """Return a sentence."""
        return " ".join(self.some(self.rng.randint(least, most))).capitalize() + "."
