"""Text cut into what it is found by: words of letters and digits, and of scripts that leave no spaces each two neighbouring characters.

The same on every database, because it is done here: what one finds, the other finds, in the same order.
"""

import re
import unicodedata
from collections.abc import Iterable

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af\U00020000-\U0003134f"
_RUN = re.compile(rf"[{_CJK}]+|[^\W_{_CJK}]+")
_SPACELESS = re.compile(rf"[{_CJK}]")
_ENDINGS = ("s", "ing", "ed", "e")
_SAYS_NOTHING = frozenset(re.findall(r"\w+", """
    a an and are as at be been but by can did do for from had has have he her his i if in is it its me my no not of on or our she so that
    the their them then there they this to us was we were what when which who will with would you your"""))
LONGEST = 40             # a longer word is found by its beginning


def cut(text: str, *, to_find: bool = False) -> list[str]:
    """What a text is found by, each once, in order; with `to_find` what to look for.

    A single character of a spaceless script is looked for alone only where it stands alone, and found wherever it stands.
    """
    found: dict[str, None] = {}
    for run in _RUN.findall(unicodedata.normalize("NFKC", text).casefold()):
        if _SPACELESS.match(run):
            found |= dict.fromkeys(run[at:at + 2] for at in range(len(run) - 1))
            if len(run) == 1 or not to_find:
                found |= dict.fromkeys(run)
        elif run not in _SAYS_NOTHING:
            found[_stem(run)[:LONGEST]] = None
    return list(found)


def cut_all(texts: Iterable[str], *, to_find: bool = False) -> list[str]:
    """The same of several texts together."""
    return list(dict.fromkeys(word for text in texts for word in cut(text, to_find=to_find)))


def _stem(word: str) -> str:
    """An English word without its commonest endings, so that leak finds leaks and leaking; any other word as it is."""
    if word.isascii():
        for ending in _ENDINGS:
            if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
                word = word.removesuffix(ending)
    return word
