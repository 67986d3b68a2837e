"""Numbers as they may stand in a document: bounded, so that whoever reads one can count, store and add them up."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from contract.canonical import MOST_INTEGER

Count = Annotated[int, Field(ge=0, le=MOST_INTEGER)]
# what is numbered from 1
Ordinal = Annotated[int, Field(ge=1, le=MOST_INTEGER)]
# thirty years: more than any answer, less than what dates and players cannot take
_MOST_SECONDS = 1e9
Seconds = Annotated[float, Field(ge=0, le=_MOST_SECONDS)]
# of a take; what was heard may seem to begin a little before it
Moment = Annotated[float, Field(ge=-_MOST_SECONDS, le=_MOST_SECONDS)]
