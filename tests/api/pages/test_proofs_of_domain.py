"""A platform sees that the domain is ours, and nobody sees anything else of the data folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.api.pages.browsing import Web


@pytest.mark.parametrize("name", ["MP_verify_a1B2", "WW_verify_a1B2", "dX9bRk3QpL"])
def test_a_file_that_the_deployer_has_put_there_stands_at_the_root(web: Web, tmp_path: Path, name: str) -> None:
    """Of an Official Account, of WeCom, of a mini program."""
    (tmp_path / "domain").mkdir()
    (tmp_path / f"domain/{name}.txt").write_text("a1B2")
    answer = web.browser().get(f"/{name}.txt")
    assert (answer.status_code, answer.text) == (200, "a1B2")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("path", ["/nothing.txt", "/..%2fsecret.txt", "/big.txt", "/link.txt", "/a%00.txt", "/.txt"])
def test_nothing_else_is_shown(web: Web, tmp_path: Path, path: str) -> None:
    (tmp_path / "domain").mkdir()
    (tmp_path / "secret.txt").write_text("hush")
    (tmp_path / "domain/big.txt").write_bytes(b"x" * 1025)
    (tmp_path / "domain/link.txt").symlink_to(tmp_path / "secret.txt")
    answer = web.browser().get(path)
    assert answer.status_code == 404
    assert "hush" not in answer.text
