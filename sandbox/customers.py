"""The people out there who use the deployed model: they send real digits, on demand as a worn-out scanner sees them."""

from collections.abc import Mapping

import aiohttp
import numpy as np
from sklearn.datasets import load_digits

LIGHTEST = 16.0
FADED_SHARE = 0.45
"""What a worn-out scanner leaves of the ink."""


async def send_requests(
    azure: Mapping[str, object], *, endpoint: str, count: int, darkened: bool, seed: int = 1
) -> int:
    """Have `count` images scored through the endpoint's real door, and return how many got an answer."""
    images = load_digits().data
    chosen = images[np.random.default_rng(seed).integers(0, len(images), size=count)]
    if darkened:
        chosen = np.clip(chosen * FADED_SHARE, 0, LIGHTEST)
    rows = [{f"pixel_{index}": float(value) for index, value in enumerate(image)} for image in chosen]
    body = {"endpoint": endpoint, "rows": rows}
    async with aiohttp.ClientSession() as session, session.post(f"{azure['control']}/traffic", json=body) as response:
        response.raise_for_status()
        statuses: Mapping[str, int] = (await response.json())["statuses"]
        return statuses.get("200", 0)
