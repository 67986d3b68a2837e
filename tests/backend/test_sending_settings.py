"""Channels as the administrator names them: flags for what may be seen, variables or a file for what is secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.__main__ import main
from backend.cli.arguments import parse, settings_of
from backend.sending.outcome import Channel
from backend.settings import Settings
from contract.errors import ErrorCode, XudaError

MAIL = ["--smtp-host", "mail.example.com", "--smtp-from", "hr@example.com"]


def settings(*arguments: str) -> Settings:
    return settings_of(parse("serve", ["--data", "x", *arguments], "en"))


def test_without_a_server_there_is_no_channel() -> None:
    assert settings().sending.channels == []
    assert settings_of(parse("serve", ["--data", "x", "--report-keep-hours", "24"], "en")).report_keep_hours == 24
    assert settings_of(parse("list", ["--data", "x"], "en")).sending.channels == []


def test_secrets_come_from_variables_or_a_file_and_variables_count_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "secrets.toml"
    file.write_text('sms_url = "https://sms.example.com/zq1"\nsms_secret = "zq2"\nsmtp_password = "zq3"\n', "utf-8")
    monkeypatch.setenv("XUDA_HR_SMS_SECRET", "zq4")
    monkeypatch.setenv("XUDA_HR_WECOM_URL", "https://wecom.example.com/send?key=zq5")
    found = settings(*MAIL, "--smtp-user", "robot", "--send-secrets", str(file)).sending
    assert found.channels == [Channel.MAIL, Channel.SMS, Channel.WECOM]
    assert (found.smtp_password, found.sms_secret) == ("zq3", "zq4")
    assert "zq" not in repr(found)


def test_other_settings_are_flags_variables_and_a_file_like_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XUDA_HR_SMTP_HOST", "mail.example.com")
    config = tmp_path / "c.toml"
    config.write_text('[xuda-hr]\nsmtp-from = "hr@example.com"\nsmtp-security = "starttls"\n', "utf-8")
    found = settings("--config", str(config), "--smtp-port", "2525").sending
    assert (found.smtp_host, found.smtp_from) == ("mail.example.com", "hr@example.com")
    assert (found.smtp_security, found.smtp_port) == ("starttls", 2525)


def test_what_is_wrong_is_named_without_what_is_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XUDA_HR_DINGTALK_URL", "https://user:zq6@robot.example.com/zq7")
    monkeypatch.setenv("XUDA_HR_DINGTALK_SECRET", "zq8")
    assert main(["serve", "--data", str(tmp_path), "--lang", "en"]) == 2
    said = capsys.readouterr()
    assert "zq" not in said.out + said.err
    assert "dingtalk_url" in said.err


@pytest.mark.parametrize("content", ["password = zq9", 'unknown = "zq9"', 'sms_secret = 9\nother = "zq9"', "zq9"])
def test_a_file_that_is_none_is_refused_without_being_quoted(tmp_path: Path, content: str) -> None:
    file = tmp_path / "secrets.toml"
    file.write_text(content, "utf-8")
    with pytest.raises(XudaError) as refused:
        settings("--send-secrets", str(file))
    assert refused.value.code is ErrorCode.FORMAT_INVALID
    assert "zq9" not in f"{refused.value} {refused.value.params}"
    with pytest.raises(XudaError) as refused:
        settings("--send-secrets", str(tmp_path / "none.toml"))
    assert refused.value.code is ErrorCode.FILE_MISSING


def test_certificates_that_are_not_there_are_missed_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(XudaError) as refused:
        settings(*MAIL, "--send-ca", str(tmp_path / "none.pem"))
    assert refused.value.code is ErrorCode.FILE_MISSING


def test_a_file_without_certificates_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "none.pem").write_text("nonsense", "utf-8")
    with pytest.raises(XudaError) as refused:
        settings(*MAIL, "--send-ca", str(tmp_path / "none.pem"))
    assert refused.value.field == "send_ca"
