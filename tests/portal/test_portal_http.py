from __future__ import annotations

import pytest

from tests.portal.world import World


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize(
    "path",
    ["/interviews", "/batches", "/batches/new", "/candidates", "/kits", "/kits/demo", "/devices", "/audit", "/account"],
)
def test_every_page_opens_in_both_languages(world: World, language: str, path: str) -> None:
    web = world.http("admin")
    web.cookies.set("xuda_lang", language)
    answer = web.page(path)
    assert answer.status_code == 200
    assert f'lang="{language.replace("_", "-")}"' in answer.text
