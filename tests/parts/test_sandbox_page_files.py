"""The sandbox's page: a browser keeps its files, and has the new one as soon as one of them is another."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from sandbox.page_files import FOR_GOOD, add_page

Client = TestClient[web.Request, web.Application]
HEAD = '<head><script src="FILES/main.js"></script></head>'


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """Make a small page, beside what is not for its readers."""
    (tmp_path / "secret.txt").write_text("not for readers", encoding="utf-8")
    page = tmp_path / "page"
    page.mkdir()
    (page / "index.html").write_text(HEAD, encoding="utf-8")
    (page / "main.js").write_text("one", encoding="utf-8")
    return page


@pytest.fixture
async def client(page: Path) -> AsyncIterator[Client]:
    """Serve the page, with something added."""
    app = web.Application()
    add_page(app, page, added='<link href="FILES/more.css">')
    async with TestClient(TestServer(app)) as up:
        yield up


async def named(client: Client) -> tuple[str, ...]:
    """Return the addresses of files that the page has now."""
    async with client.get("/") as answer:
        return tuple(re.findall(r'"(files/[^"]+)"', await answer.text()))


async def test_a_file_is_kept_and_another_one_has_another_address(client: Client, page: Path) -> None:
    """What was once asked for need not be asked for again; an address says nothing of what was there later."""
    [first, added] = await named(client)
    async with client.get(f"/{first}") as answer:
        assert ("one", FOR_GOOD) == (await answer.text(), answer.headers["Cache-Control"])

    (page / "main.js").write_text("another", encoding="utf-8")
    [second, _] = await named(client)

    assert added.endswith("/more.css")
    assert first != second
    async with client.get(f"/{second}") as answer:
        assert "another" == await answer.text()
    async with client.get(f"/{first}") as answer:
        assert 404 == answer.status


@pytest.mark.parametrize("name", ["missing.js", "..%2fsecret.txt"])
async def test_only_the_page_s_own_files_are_served(client: Client, name: str) -> None:
    """Neither what is not there nor what lies beside the page."""
    folder = (await named(client))[0].removesuffix("main.js")
    async with client.get(f"/{folder}{name}") as answer:
        assert 404 == answer.status
