"""What looks like a secret in a log, so that it is neither kept nor shown: a log is written by anybody's code."""

import re
from collections.abc import Iterator, Sequence

from bot.core.said import Said, kept, said_in
from bot.core.text import clip
from bot.core.values import Json

HIDDEN = "***"
_NAME = r"(?:password|passwd|pwd|passphrase|secret|credential|(?:api|access|account|private|shared|auth)[_-]?key)s?"
_IS = r"['\"]?[ \t]{0,3}[=:][ \t]{0,3}(['\"])?"
_QUOTED = r"(?:\\.|(?!\2)[^\\\r\n])+"
_LINE = r"(?=\S)(?:[={\[:,] ?\"[^\"\r\n]*\"|[^'\"\r\n])+"
"""To its end, or to a quote that none within the value has opened."""
_WORD = r"(?:[^\s'\",;&]|['\"](?=\w)|[,;](?!\s|\Z|[\w.-]{1,40}=)|&(?![\w.-]{1,40}=))+"
"""To a blank or a quote, or to a sign that parts it from the next name."""
_VALUE = rf"(?(2){_QUOTED}|{_WORD})"
PATTERNS: tuple[tuple[str, str], ...] = (
    ("a private key", r"()-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|\Z)"),
    ("a password in an address", r"(://[^\s:/@]{0,100}:)[^\s/@]+(?=@)"),
    ("a header", rf"(?i)((?:Authorization|Cookie|X-Api-Key){_IS})(?(2){_QUOTED}|{_LINE})"),
    ("a bearer's token", r"(\bBearer )[A-Za-z0-9._~+/=-]{8,}"),
    ("a named secret", rf"(?i)({_NAME}[\w.-]{{0,40}}{_IS}){_VALUE}"),
    ("a named token", rf"(?i)(token{_IS})(?=[^\s'\",;&]{{0,200}}[A-Z])(?=[^\s'\",;&]{{8}}){_VALUE}"),
    ("an option", rf"(--(?:password|passwd|secret|token|api-key) (['\"])?){_VALUE}"),
    ("a signed address of Azure", r"([?&]sig=)[^&\s'\"]+"),
    ("a client secret of Azure", r"()\b[A-Za-z0-9~._-]{3}8Q~[A-Za-z0-9~._-]{31,37}"),
    ("a key of AWS", r"()\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    ("a token of GitHub", r"()\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})"),
    ("a token of Hugging Face, Slack or others", r"()\b(?:hf_|glpat-|xox[abprs]-|sk-|AIza)[A-Za-z0-9_-]{16,}"),
    ("a token of Discord", r"()\b[MNO][A-Za-z0-9_-]{22,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,}"),
    ("a webhook of Discord", r"(/api/webhooks/\d{5,20}/)[A-Za-z0-9_-]{20,}"),
    ("a JSON web token", r"()\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+"),
)
"""Each with what it finds: its first group is kept, the rest is hidden."""
_SHOWN = rf"\g<1>{HIDDEN}"
_COMPILED = tuple(re.compile(pattern) for _, pattern in PATTERNS)


LONGEST = 800
"""Characters of a value that is kept in a sentence."""
PIECE = 64 * 1024
"""Characters that are looked through in some hundredths of a second."""


def redacted(text: str) -> str:
    """Return the text with *** for what looks like a secret; names and all else stay."""
    return "".join(redacted_pieces(text))


def redacted_said(said: Said, *, limit: int = LONGEST) -> Said:
    """Return what is said with each text in it redacted, and cut at so many characters."""
    return Said(said.code, {name: _redacted(value, limit) for name, value in said.values.items()})


def _redacted(value: Json, limit: int) -> Json:
    if isinstance(value, str):
        return clip(redacted(value), limit)
    if (inner := said_in(value)) is not None:
        return kept(redacted_said(inner, limit=limit))
    return [_redacted(one, limit) for one in value] if isinstance(value, Sequence) else value


def redacted_pieces(text: str) -> Iterator[str]:
    """Yield the text so piece by piece, cut at the ends of lines, so that others can be served between them."""
    over_lines, *within_lines = _COMPILED
    text = over_lines.sub(_SHOWN, text)
    start = 0
    while start < len(text):
        end = text.find("\n", start + PIECE) + 1 or len(text)
        piece = text[start:end]
        for pattern in within_lines:
            piece = pattern.sub(_SHOWN, piece)
        yield piece
        start = end
