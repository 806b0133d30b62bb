"""For all tests: tells the sandbox's parts where the official API descriptions are."""

import os

from tests.support.specs import SPECS

if SPECS is not None:
    os.environ["SLIPWAY_SPECS"] = str(SPECS)
