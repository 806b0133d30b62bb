"""What looks like a secret in a log is hidden, and what only resembles one is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.said import Words
from bot.core.secrets import PATTERNS, redacted, redacted_pieces, redacted_said
from bot.things.incident.words import TRIED

AND_ALL = Words("tests.secrets")("and_all", "{said}: {names:names}")
KEY = "Zm9vYmFyYmF6cXV4" * 3
HIDDEN = [
    ("a private key", f"-----BEGIN RSA PRIVATE KEY-----\n{KEY}\n-----END RSA PRIVATE KEY-----", "***"),
    ("a private key", f"-----BEGIN OPENSSH PRIVATE KEY-----\n{KEY}", "***"),
    ("a password in an address", f"postgresql://bot:{KEY}@db.example/x", "postgresql://bot:***@db.example/x"),
    ("a password in an address", f"https://:{KEY}@pypi.example/simple", "https://:***@pypi.example/simple"),
    ("a header", f"Authorization: Basic {KEY}", "Authorization: ***"),
    ("a header", f"{{'Authorization': 'Bearer {KEY}'}}", "{'Authorization': '***'}"),
    ("a header", f"x-api-key: {KEY}", "x-api-key: ***"),
    ("a header", f"Authorization: Token {KEY}", "Authorization: ***"),
    ("a header", f"curl -H 'Authorization: ApiKey {KEY}' https://a.example", "'Authorization: ***' https://a.example"),
    ("a header", f"Cookie: a=b; session={KEY}", "Cookie: ***"),
    ("a header", f'Cookie: a={{"b": "c"}}; session={KEY}', "Cookie: ***"),
    ("a header", f'Authorization: Digest username="bot", response="{KEY}"', "Authorization: ***"),
    ("a header", f'{{"Cookie": "a=b; session={KEY}", "epoch": 3}}', '{"Cookie": "***", "epoch": 3}'),
    ("a bearer's token", f"sent Bearer {KEY} to it", "sent Bearer *** to it"),
    ("a named secret", "DB_PASSWORD=hunter2", "DB_PASSWORD=***"),
    ("a named secret", "password: hunter2, user: bot", "password: ***, user: bot"),
    ("a named secret", '{"client_secret": "hunter2"}', '{"client_secret": "***"}'),
    ("a named secret", f"aws_secret_access_key = {KEY}", "aws_secret_access_key = ***"),
    ("a named secret", f"AccountName=x;AccountKey={KEY}==;Suffix=y", "AccountName=x;AccountKey=***;Suffix=y"),
    ("a named secret", f"WANDB_API_KEY={KEY}", "WANDB_API_KEY=***"),
    ("a named secret", "DB_PASSWORD=Tr0ub4dor&3xyz", "DB_PASSWORD=***"),
    ("a named secret", "DB_PASSWORD=a,b;c'd&e", "DB_PASSWORD=***"),
    ("a named secret", "'DB_PASSWORD': 'p@ss,word9', 'user': 'bot'", "'DB_PASSWORD': '***', 'user': 'bot'"),
    ("a named secret", r"""password: "it's \"long\" and has blanks" x""", 'password: "***" x'),
    ("a named secret", f"https://a.example/?api_key={KEY}&x=1", "?api_key=***&x=1"),
    ("a named token", f"MLFLOW_TRACKING_TOKEN={KEY}", "MLFLOW_TRACKING_TOKEN=***"),
    ("a named token", f"https://a.example/?token={KEY}&x=1", "?token=***&x=1"),
    ("an option", "curl --token hunter2hunter2 x", "curl --token *** x"),
    ("an option", "mysql --password 'Tr0ub4dor & 3' x", "mysql --password '***' x"),
    ("a signed address of Azure", "https://a.blob.core.windows.net/c?sv=1&sig=a%2Fb%3D&se=2", "?sv=1&sig=***&se=2"),
    ("a client secret of Azure", "got abc8Q~" + "x" * 34, "got ***"),
    ("a key of AWS", "AKIAIOSFODNN7EXAMPLE is used", "*** is used"),
    ("a token of GitHub", "ghp_" + "a1B2" * 9, "***"),
    ("a token of Hugging Face, Slack or others", "hf_" + "a1B2" * 9, "***"),
    ("a token of Discord", "M" + "a" * 23 + ".Gabcde." + "b" * 38, "***"),
    ("a webhook of Discord", "https://discord.com/api/webhooks/123456789/" + "aB3_" * 17, "/123456789/***"),
    ("a JSON web token", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefg", "***"),
]


@pytest.mark.parametrize(("name", "text", "shown"), HIDDEN)
def test_a_secret_is_hidden(name, text, shown):
    """What it is for stays, so that one can tell which it was."""
    after = redacted(f"epoch 1\n{text}")

    assert after.startswith("epoch 1\n")
    assert after.endswith(shown)
    assert KEY not in after
    assert after == redacted(after)
    assert name in dict(PATTERNS)


def test_every_pattern_has_an_example():
    """A pattern that hides nothing protects nothing."""
    assert {name for name, _ in PATTERNS} == {name for name, _, _ in HIDDEN}


@pytest.mark.parametrize(
    "line",
    [
        "max_tokens: 2048 tokens=1024 token_accuracy=0.91",
        "tokenizer=/nfs/models/xlm-r tokenizer: bert-base-multilingual",
        "token: cat, token: 'dog'",
        "epoch 3 loss=0.31 value=0.88 at 12:30:01",
        "key=value keys: a b c",
        "https://mlflow.example.org:5000/#/experiments/1",
        "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "File /nfs/slipway/runs/slipway-run-31-1/train.py, line 3",
        "Bearer of bad news",
        "no credentials:\nTraceback (most recent call last):",
    ],
)
def test_what_only_resembles_a_secret_stays(line):
    """A log of numbers and paths is of use as it is."""
    assert line == redacted(line)


@given(st.text(max_size=300))
def test_any_text_can_be_looked_through(text):
    """Nothing breaks, and hiding twice hides no more."""
    assert redacted(redacted(text)) == redacted(text)


def test_a_long_log_is_cut_into_pieces_at_the_ends_of_lines():
    """A secret is never cut in two, and a key over many lines is hidden whole."""
    lines = "".join(f"{n} password={n}\n" for n in range(20_000))
    key = "-----BEGIN PRIVATE KEY-----\n" + "abc\n" * 20_000 + "-----END PRIVATE KEY-----\n"
    pieces = list(redacted_pieces(lines + key))

    assert len(pieces) > 2
    assert all(piece.endswith("\n") for piece in pieces)
    assert "".join(f"{n} password=***\n" for n in range(20_000)) + "***\n" == "".join(pieces)


def test_a_long_log_is_looked_through_in_time():
    """No pattern takes ever longer with the length of a line."""
    text = ("a" * 2_000_000) + ("password" * 20_000) + ("://a:" * 20_000) + ("token=" * 20_000)
    text += ("cookie:=\"'" * 20_000) + ("password=\"\\'" * 20_000) + ("password='a&" * 20_000)

    assert redacted(text)


def test_each_text_in_what_is_said_is_redacted_and_cut():
    """Also in a sentence within it and in a list; its codes, numbers and names of places stay."""
    inner = TRIED(why=f"git: https://bot:hunter2@example.org {'x' * 900}", count=3)
    kept = redacted_said(AND_ALL(said=inner, names=["password=hunter2", "gpu1"]), limit=60)

    assert "hunter2" not in str(kept)
    assert kept.values["names"] == ["password=***", "gpu1"]
    assert str(kept).startswith("git: https://bot:***@example.org x")
    assert str(kept).endswith("x… (tried 3 times): `password=***`, `gpu1`")
