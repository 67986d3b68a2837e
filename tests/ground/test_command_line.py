"""The command line: every setting three ways, known errors as text, quick help, commands that exist."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import platformdirs
import pytest

from app import sources
from app.__main__ import BUG, COMMANDS, function_of, main
from app.config import DESCRIPTIONS, SETTINGS, ClientSettings, early_language, parse
from app.storage.database import Database
from app.storage.open import DATABASE_NAME
from contract.catalog import LANGUAGES
from contract.errors import ErrorCode, XudaError


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """The command line sets logging up for the whole process; here it shares the process with other tests."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("app.config.config_files", list)
    for flag, _, _ in SETTINGS:
        monkeypatch.delenv("XUDA_" + flag.lstrip("-").replace("-", "_").upper(), raising=False)


ACTION = {"model": ["list"], "link": ["status"]}  # what these commands ask for besides their flags


def write_config(folder: Path, text: str) -> Path:
    file = folder / "settings.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_setting_can_be_a_flag(tmp_path: Path) -> None:
    settings = parse("client", ["--data", str(tmp_path), "--camera", "file:a b.mp4", "--kiosk"], "en")
    assert settings == ClientSettings(data=tmp_path, lang="en", camera="file:a b.mp4", kiosk=True)


def test_a_setting_can_be_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XUDA_DATA", str(tmp_path))
    monkeypatch.setenv("XUDA_KIOSK", "true")
    monkeypatch.setenv("XUDA_SERVER_SYNC", "off")
    assert parse("client", [], "en") == ClientSettings(data=tmp_path, lang="en", kiosk=True, server_sync=False)


def test_where_a_setting_was_given_is_kept_for_those_that_hr_may_set_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XUDA_IDLE_MINUTES", "7")
    monkeypatch.setenv("XUDA_UPLOAD_LIMIT", "70")
    file = write_config(tmp_path, '[xuda]\nidle-minutes = 9\nkiosk = true\nno-video-hours = "1-5 09:00-18:00"\n')
    settings = parse("client", ["--config", str(file), "--upload-limit=50", "--camera", "name:--video-height"], "en")
    found = {name: (str(value), source.value) for name, (value, source) in settings.given.items()}
    assert found.pop("no_video_hours")[1] == "file"
    assert found == {
        "upload_limit": ("50", "command_line"),
        "idle_minutes": ("7", "environment"),
        "kiosk": ("True", "file"),
    }


@pytest.mark.parametrize(
    ("flag", "value"), [("--upload-limit", "1"), ("--idle-minutes", "0"), ("--staff-pin", "402613")]
)
def test_a_value_that_hr_could_not_set_cannot_be_set_here_either(flag: str, value: str) -> None:
    with pytest.raises(XudaError) as caught:
        parse("client", [flag, value], "en")
    assert caught.value.code is ErrorCode.SETTING_INVALID
    assert caught.value.field == flag.lstrip("-").replace("-", "_")


def test_a_setting_can_be_in_a_file(tmp_path: Path) -> None:
    file = write_config(tmp_path, '[xuda]\nmicrophone = "会议麦克风"\nkiosk = true\nwait = 2.5\nlang = "zh_CN"\n')
    settings = parse("client", ["--config", str(file), "--data", str(tmp_path)], "en")
    assert (settings.microphone, settings.kiosk, settings.wait, settings.lang) == ("会议麦克风", True, 2.5, "zh_CN")


def test_a_flag_outweighs_a_variable_and_a_variable_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write_config(tmp_path, '[xuda]\ncamera = "file"\nmicrophone = "file"\nmodel = "file"\n')
    monkeypatch.setenv("XUDA_CAMERA", "variable")
    monkeypatch.setenv("XUDA_MICROPHONE", "variable")
    settings = parse("client", ["--config", str(file), "--camera", "flag"], "en")
    assert (settings.camera, settings.microphone, settings.model) == ("flag", "variable", "file")


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_one_settings_file_serves_every_command(command: str, tmp_path: Path) -> None:
    file = write_config(tmp_path, '[xuda]\nkiosk = true\nserver = "https://hr.example"\nwait = 1\n')
    arguments = ACTION.get(command, [])
    assert parse(command, [*arguments, "--config", str(file)], "en").server == "https://hr.example"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--wait", "soon"],
        ["--server-sync", "maybe"],
        ["--lang", "xx"],
        ["--kamera", "0"],
        ["--config", "missing.toml"],
        ["left over"],
    ],
)
def test_a_wrong_setting_is_named(arguments: list[str]) -> None:
    with pytest.raises(XudaError) as caught:
        parse("client", arguments, "en")
    assert caught.value.code is ErrorCode.SETTING_INVALID
    assert arguments[0].lstrip("-") in str(caught.value)


@pytest.mark.parametrize("text", ['[xuda]\nkamera = "0"\n', "[xuda\n"])
def test_a_settings_file_with_a_mistake_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(XudaError, match="setting_invalid"):
        parse("client", ["--config", str(write_config(tmp_path, text))], "en")


def test_an_empty_variable_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write_config(tmp_path, '[xuda]\ncamera = "file"\n')
    for name in ("XUDA_CAMERA", "XUDA_LANG", "XUDA_KIOSK"):
        monkeypatch.setenv(name, "")
    settings = parse("client", ["--config", str(file)], "en")
    assert (settings.camera, settings.lang, settings.kiosk) == ("file", "en", False)


def test_a_switch_that_is_neither_on_nor_off_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XUDA_KIOSK", "perhaps")
    with pytest.raises(XudaError, match="XUDA_KIOSK"):
        parse("client", [], "en")


def test_several_values_may_stand_in_a_file(tmp_path: Path) -> None:
    file = write_config(tmp_path, '[xuda]\ninterview = ["a", "b"]\nserver_sync = false\n')
    settings = parse("export", ["--config", str(file)], "en")
    assert (settings.interview, settings.server_sync) == (("a", "b"), False)


@pytest.mark.parametrize(
    "arguments",
    [
        *([], ["--kiosk"], ["--data", "x", "--lang", "de"], ["--data=x", "--server-sync=off"], ["--camera=-1"]),
        *(
            ["--wait", "2.5"],
            ["--all", "--interview", "a", "--interview=b"],
            ["--invitation", ""],
            ["--video-kbit=900"],
        ),
        *(
            ["--lang", "xx"],
            ["--data"],
            ["--kiosk=yes"],
            ["--unheard"],
            ["stray"],
            ["--wait", "soon"],
            ["--", "--kiosk"],
        ),
        *(["--camera", "-1"], ["--dat", "x"], ["--data", "--kiosk"], ["--out", "y", "--pin-file", "z"]),
    ],
)
def test_plain_flags_are_understood_as_the_parser_would(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def found() -> ClientSettings | str:
        try:
            return parse("export", arguments, "en")
        except XudaError as error:
            return str(error.params)

    quick = found()
    monkeypatch.setattr("app.config._plain", lambda *_: None)
    assert quick == found()


def test_a_value_may_look_like_a_flag_or_follow_a_double_dash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XUDA_CAMERA", "--kiosk")
    assert parse("client", [], "en").camera == "--kiosk"
    assert parse("model", ["list", "--", "--camera=x"], "en").target == "--camera=x"


@pytest.mark.parametrize(
    "variables", [{}, {"XDG_DATA_HOME": "/d", "XDG_CONFIG_HOME": "/c", "XDG_CONFIG_DIRS": "/e:/f"}]
)
def test_settings_and_data_lie_where_the_platform_wants_them(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert sources.user_folder("data", "xuda") == platformdirs.user_data_path("xuda", appauthor=False)
    assert sources.user_folder("config", "xuda") == platformdirs.user_config_path("xuda", appauthor=False)
    assert sources.machine_config_folder("xuda") == platformdirs.site_config_path("xuda", appauthor=False)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_help_explains_every_setting_of_a_command(
    command: str, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help", "--lang", language])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    for flag, commands, _ in SETTINGS:
        assert (f"{flag} " in shown or f"[{flag}]" in shown) == (not commands or command in commands), flag


def test_help_is_in_the_language_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main(["status", "--help", "--lang", "zh_CN"])
    assert any("\u4e00" <= character <= "\u9fff" for character in capsys.readouterr().out)


def test_the_language_is_known_before_the_settings_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert early_language([]) == "zh_CN"
    assert early_language(["--lang=en"]) == "en"
    monkeypatch.setenv("LC_ALL", "nl_NL.UTF-8")
    assert early_language([]) == "en"
    monkeypatch.setenv("XUDA_LANG", "zh_CN")
    assert early_language([]) == "zh_CN"


def test_a_known_error_is_text_on_stderr_and_exit_code_2(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["model", "install", str(tmp_path / "gone"), "--data", str(tmp_path), "--lang", "zh_CN"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("未安装语音识别模型")
    assert "Traceback" not in shown.err


def test_a_known_error_is_json_too_where_json_is_asked_for(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["model", "verify", "--data", str(tmp_path), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "model_missing"


def test_a_known_error_is_told_as_the_settings_say(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = write_config(tmp_path, '[xuda]\nlang = "zh_CN"\njson = true\n')
    assert main(["model", "verify", "--config", str(file), "--data", str(tmp_path)]) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith("未安装语音识别模型")
    assert json.loads(shown.out)["error"]["code"] == "model_missing"


def test_a_bug_is_no_known_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("app.model_command.run", lambda settings: 1 // 0)
    assert main(["model", "list", "--data", str(tmp_path)]) == BUG
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_the_version_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("xuda ")


def test_an_unknown_command_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["interview"]) == 2
    assert "interview" in capsys.readouterr().err


def test_every_command_is_described() -> None:
    assert set(COMMANDS) == set(DESCRIPTIONS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_leads_to_a_function(name: str) -> None:
    assert callable(function_of(COMMANDS[name]))


def test_a_second_instance_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with closing(Database(tmp_path / DATABASE_NAME)):
        command = [sys.executable, "-m", "app", "client", "--data", str(tmp_path), "--lang", "en"]
        # The autopilot's file keeps the refusal from waiting for a click.
        script = tmp_path / "script.json"
        script.write_text('{"invitation": "code"}')
        done = subprocess.run([*command, "--autopilot", str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-3].startswith("Xuda is already running with this data folder")


def test_a_data_folder_that_cannot_be_made_is_a_known_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main(["sync", "--data", str(tmp_path / "file" / "data"), "--lang", "en"]) == 2
    assert capsys.readouterr().err.startswith("The disk cannot be read or written")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from app.__main__ import main; main(['--help']);"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert not loaded & {"PySide6", "cv2", "av", "numpy", "sounddevice", "faster_whisper", "requests", "sqlite3"}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only there a screen may be missing")
def test_without_a_screen_the_client_says_so(tmp_path: Path) -> None:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    env = {key: value for key, value in os.environ.items() if key not in hidden}
    command = [sys.executable, "-m", "app", "client", "--data", str(tmp_path), "--lang", "en"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, "There is no screen to open a window on")
