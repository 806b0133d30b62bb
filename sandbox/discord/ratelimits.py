"""Rate limits: a bucket per route and major parameter, and the global one. Source: docs, "Rate Limits"."""

import hashlib
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

GLOBAL_PER_S = 50
MAX_CONCURRENCY, IDENTIFY_WINDOW_S = 1, 5.0
"""So many sessions may be started within so long. Source: docs, "Gateway", session start limit."""
INVALID_MAX, INVALID_WINDOW_S = 10_000, 600.0
LIMITS: dict[str, tuple[int, float]] = {
    "POST /channels/{channel_id}/messages": (5, 5.0),
    "PATCH /channels/{channel_id}/messages/{message_id}": (5, 5.0),
    "DELETE /channels/{channel_id}/messages/{message_id}": (5, 1.0),
    "GET /channels/{channel_id}/messages": (5, 5.0),
    "POST /channels/{channel_id}/typing": (5, 5.0),
    "PUT /channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me": (1, 0.25),
    "PATCH /channels/{channel_id}": (5, 15.0),
    "POST /webhooks/{webhook_id}/{webhook_token}": (5, 2.0),
}
"""Requests and seconds, as observed on the real service; all other routes get OTHERS."""
OTHERS = (50, 1.0)
UNLIMITED = frozenset({"POST /interactions/{interaction_id}/{interaction_token}/callback"})
"""Routes without a bucket: three seconds and one answer are limit enough, and libraries wonder at the headers."""
EXEMPT_FROM_GLOBAL = ("/interactions/", "/webhooks/")
MAJOR = ("channel_id", "guild_id", "webhook_id", "webhook_token", "interaction_id")


@dataclass(slots=True)
class Bucket:
    """How much is left of one bucket until it is full again."""

    remaining: int
    resets_at: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request may pass, and what its answer says of the limits."""

    headers: dict[str, str]
    retry_after_s: float | None = None
    is_global: bool = False


class RateLimits:
    """The counters; `pace` stretches the limits (2 lets twice as much through)."""

    def __init__(self, pace: float = 1.0) -> None:
        self.pace = self.usual_pace = pace
        self._buckets: dict[tuple[str, ...], Bucket] = {}
        self._recent: deque[float] = deque()
        self._invalid: deque[float] = deque()
        self._identified: deque[float] = deque()

    def note_answer(self, status: int) -> None:
        """Count an invalid request."""
        if status in (401, 403, 429):
            self._invalid.append(time.monotonic())

    def take_identify(self) -> bool:
        """Count an IDENTIFY unless it comes too soon after another, and tell whether it may pass."""
        _forget(self._identified, IDENTIFY_WINDOW_S)
        may_pass = len(self._identified) < max(1, int(MAX_CONCURRENCY * self.pace))
        if may_pass:
            self._identified.append(time.monotonic())
        return may_pass

    @property
    def is_banned(self) -> bool:
        """Tell whether 10,000 requests (times the pace) of the last ten minutes were invalid."""
        _forget(self._invalid, INVALID_WINDOW_S)
        return len(self._invalid) >= INVALID_MAX * self.pace

    def check(self, method: str, template: str, names: Mapping[str, str]) -> Verdict:
        """Count a request and say whether it may pass."""
        if f"{method} {template}" in UNLIMITED:
            return Verdict({})
        limit, window_s = LIMITS.get(f"{method} {template}", OTHERS)
        limit = max(1, int(limit * self.pace))
        now = time.time()
        key = (method, template, *(names[one] for one in MAJOR if one in names))
        bucket = self._buckets.get(key)
        if bucket is None or bucket.resets_at <= now:
            bucket = self._buckets[key] = Bucket(limit, now + window_s)
        is_over = bucket.remaining <= 0
        bucket.remaining = max(0, bucket.remaining - 1)
        headers = {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(bucket.remaining),
            "X-RateLimit-Reset": f"{bucket.resets_at:.3f}",
            "X-RateLimit-Reset-After": f"{bucket.resets_at - now:.3f}",
            "X-RateLimit-Bucket": hashlib.sha256(f"{method} {template}".encode()).hexdigest()[:32],
        }
        if is_over:
            return Verdict(headers, retry_after_s=bucket.resets_at - now)
        return self._check_global(template, headers)

    def _check_global(self, template: str, headers: dict[str, str]) -> Verdict:
        if template.startswith(EXEMPT_FROM_GLOBAL):
            return Verdict(headers)
        _forget(self._recent, 1.0)
        if len(self._recent) >= GLOBAL_PER_S * self.pace:
            return Verdict(headers, retry_after_s=1.0 - (time.monotonic() - self._recent[0]), is_global=True)
        self._recent.append(time.monotonic())
        return Verdict(headers)


def _forget(times: deque[float], window_s: float) -> None:
    limit = time.monotonic() - window_s
    while times and times[0] <= limit:
        times.popleft()
