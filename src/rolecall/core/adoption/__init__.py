"""A stack set that somebody made by hand, as the config that describes it. Pure.

See docs/adr/0018-adoption.md.
"""

from rolecall.core.adoption.file import config_text
from rolecall.core.adoption.reading import Adopted, adopted

__all__ = ["Adopted", "adopted", "config_text"]
