"""Every text has a translation with the same placeholders in each delivered language, and none is left over."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from contract.catalog import LANGUAGES, Catalog, best_match, offered
from contract.text import pick
from tests.locales import catalogs
from tests.locales.__main__ import main
from tests.locales.catalogs import AWAITED, DOMAINS, TRANSLATED, domains_of, used

DELIVERED = [(domain, tag) for tag in TRANSLATED if tag not in AWAITED for domain in domains_of(tag)]
PRESENT = [(domain, tag) for tag in TRANSLATED for domain in DOMAINS if catalogs.file_of(domain, tag).is_file()]


@pytest.mark.parametrize(("domain", "language"), DELIVERED)
def test_every_text_is_translated(domain: str, language: str) -> None:
    assert catalogs.missing(domain, language) == []


@pytest.mark.parametrize(("domain", "language"), PRESENT)
def test_no_translation_is_left_over(domain: str, language: str) -> None:
    assert catalogs.left_over(domain, language) == []


@pytest.mark.parametrize(("domain", "language"), PRESENT)
def test_translations_have_the_placeholders_of_the_original(domain: str, language: str) -> None:
    assert catalogs.wrong_placeholders(domain, language) == []


@pytest.mark.parametrize("language", sorted(AWAITED))
def test_a_language_that_is_complete_is_awaited_no_longer(language: str) -> None:
    assert any(catalogs.missing(domain, language) for domain in domains_of(language))


def test_the_source_has_texts_in_every_domain_that_has_a_catalog() -> None:
    written = {file.stem for file in (catalogs.LOCALES / "zh_CN").glob("*.po")}
    assert written <= set(DOMAINS)
    assert [domain for domain in written if not used(domain)] == []


def test_only_languages_with_a_catalog_are_offered() -> None:
    assert {"zh_CN", "en"} <= set(offered()) <= set(LANGUAGES)
    assert set(offered()) == {"en", *(tag for tag in TRANSLATED if catalogs.file_of("client", tag).is_file())}


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("zh_CN", "zh_CN"),
        ("zh_SG", "zh_CN"),
        ("zh-Hant-HK", "zh_TW"),
        ("zh_HK", "zh_TW"),
        ("pt_BR", "pt"),
        ("ar_EG", "ar"),
        ("nl_NL", "en"),
        ("C", "en"),
        ("", "en"),
    ],
)
def test_a_system_speaks_the_nearest_language(tag: str, language: str) -> None:
    assert best_match(tag) == language


def test_an_organisations_text_is_shown_in_the_nearest_language_it_has() -> None:
    text = {"zh_CN": "问题", "en": "Question", "pt_BR": "Pergunta"}
    assert [pick(text, tag) for tag in ("zh_CN", "zh_TW", "pt", "de")] == ["问题", "问题", "Pergunta", "Question"]
    assert pick({"zh_CN": "问题"}, "de") == "问题"
    assert pick({"": "A"}, "de") == "A"


@pytest.mark.parametrize(
    ("language", "forms"), [("zh_CN", 1), ("ja", 1), ("en", 2), ("de", 2), ("fr", 2), ("ru", 3), ("ar", 6)]
)
def test_a_new_catalog_has_the_plural_forms_of_its_language(language: str, forms: int) -> None:
    plural = next(text for text in used("client").values() if text.plural)
    made = catalogs.merged("client", "ru" if language == "ru" else language)
    written = next(message for message in made if message.id and catalogs.key_of(message) == plural.key)
    assert len(catalogs.strings(written.string)) == forms


@pytest.fixture
def locales(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the catalogs that a test may write to."""
    folder = tmp_path / "locales"
    shutil.copytree(catalogs.LOCALES, folder)
    monkeypatch.setattr(catalogs, "LOCALES", folder)
    monkeypatch.setattr("tests.locales.__main__.ROOT", tmp_path)
    return folder


def test_update_adds_new_texts_keeps_translations_and_removes_what_is_gone(locales: Path) -> None:
    file = locales / "zh_CN" / "client.po"
    before = file.read_text("utf-8")
    first = before.index('msgid "Before we begin"')
    changed = before[:first] + 'msgid "Gone"\nmsgstr "没有了"\n\n' + before[before.index("msgid", first + 5) :]
    file.write_text(changed, "utf-8")
    assert main(["check", "zh_CN"]) == 1
    assert main(["update", "zh_CN"]) == 0
    after = file.read_text("utf-8")
    assert "没有了" not in after
    assert catalogs.missing("client", "zh_CN") != []
    assert catalogs.left_over("client", "zh_CN") == []
    assert 'msgid "Before we begin"\nmsgstr ""\n' in after
    assert "参加本次面试所必需" in after


def test_update_begins_a_new_language_and_check_says_how_much_is_to_do(
    locales: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(locales / "ru", ignore_errors=True)
    assert main(["update", "ru"]) == 0
    assert "nplurals=3" in (locales / "ru" / "client.po").read_text("utf-8")
    assert catalogs.missing("client", "ru") != []
    capsys.readouterr()
    assert main(["check", "ru"]) == (0 if "ru" in AWAITED else 1)
    assert "ru/client: missing" in capsys.readouterr().out


def test_extract_writes_a_template_of_every_domain(tmp_path: Path) -> None:
    assert main(["extract", "--out", str(tmp_path)]) == 0
    assert {file.stem for file in tmp_path.glob("*.pot")} == set(DOMAINS)
    assert "#: app/ui/" in (tmp_path / "client.pot").read_text("utf-8")


def test_plural_forms_are_chosen_by_the_rule_of_the_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "locales" / "ru"
    folder.mkdir(parents=True)
    plural = 'msgid "{n} take"\nmsgid_plural "{n} takes"\n'
    forms = "".join(f'msgstr[{place}] "{word}"\n' for place, word in enumerate(("дубль", "дубля", "дублей")))
    rule = "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);"
    header = f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: {rule}\\n"\n\n'
    (folder / "client.po").write_text(header + plural + forms, "utf-8")
    monkeypatch.setattr("resources.FOLDER", str(tmp_path))
    catalog = Catalog("client", "ru")
    said = [catalog.ngettext("{n} take", "{n} takes", count) for count in (1, 2, 5, 21, 111)]
    assert said == ["дубль", "дубля", "дублей", "дубль", "дублей"]
