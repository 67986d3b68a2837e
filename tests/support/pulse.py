"""A sound server of the test's own, with a virtual speaker whose monitor is a virtual microphone (Linux)."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.media import write_wav
from tests.support.waiting import wait_for

# Without norewinds the silence before a sound is lost now and then.
_SINK = ["module-null-sink", "sink_name=vspk", "rate=48000", "channels=2", "norewinds=1"]
_SOURCE = [
    "module-remap-source",
    "master=vspk.monitor",
    "source_name=vmic",
    "source_properties=device.description=virtual",
]


class VirtualMicrophone:
    """What is played into it is heard by PortAudio's default microphone of a process with ``environment``."""

    spec = ""
    name = "virtual"

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="xuda-sound-"))
        self._folder.chmod(0o700)
        socket = self._folder / "native"
        self.environment = {"PULSE_SERVER": f"unix:{socket}"}
        self._env = {**os.environ, **self.environment, "XDG_RUNTIME_DIR": str(self._folder)}
        self._modules: list[str] = []
        self._players: list[subprocess.Popen[bytes]] = []
        self._log = (self._folder / "log").open("wb")
        command = ["pulseaudio", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "-n"]
        protocol = f"module-native-protocol-unix auth-anonymous=1 socket={socket}"
        self._server = subprocess.Popen(
            [*command, "-L", protocol], env=self._env, stdout=self._log, stderr=subprocess.STDOUT
        )
        wait_for(lambda: self._control("info", check=False).returncode == 0, "the sound server", seconds=30)
        self.plug()

    def play(self, path: Path) -> subprocess.Popen[bytes]:
        """Start playing a WAV file into the microphone; ``wait()`` on what comes back to play it to its end."""
        player = subprocess.Popen(["paplay", str(path)], env=self._env)
        self._players.append(player)
        return player

    def play_samples(self, samples: Any, rate: int = 48_000) -> subprocess.Popen[bytes]:
        path = self._folder / f"sound-{time.monotonic_ns()}.wav"
        return self.play(write_wav(path, samples, rate))

    @property
    def plugged(self) -> bool:
        return bool(self._modules)

    def plug(self) -> None:
        """Put the microphone in; nothing happens when it is."""
        if not self.plugged:
            for module in (_SINK, _SOURCE):
                self._modules.append(self._control("load-module", *module).stdout.strip())
            self._control("set-default-source", "vmic")
            self._control("set-default-sink", "vspk")

    def unplug(self) -> None:
        """Pull it out: the server has no source any more."""
        while self._modules:
            self._control("unload-module", self._modules.pop())

    def suspend(self, suspended: bool) -> None:
        """Let the source stop, or go on, giving sound without an error."""
        flag = "1" if suspended else "0"
        self._control("suspend-source", "vmic", flag)

    def plug_second(self, *, rate: int = 48_000) -> None:
        """Put in another microphone that hears the same, named ``second``; ``rate`` in Hz."""
        words = ["master=vspk.monitor", "source_name=vmic2", "source_properties=device.description=second"]
        words.append(f"rate={rate}")
        self._modules.append(self._control("load-module", "module-remap-source", *words).stdout.strip())

    def plug_deaf(self) -> None:
        """Put in a microphone that hears nothing of what is played, named ``deaf``."""
        sink = ["module-null-sink", "sink_name=nowhere", "rate=48000", "norewinds=1"]
        words = ["master=nowhere.monitor", "source_name=vmic3", "source_properties=device.description=deaf"]
        for module in (sink, ["module-remap-source", *words]):
            self._modules.append(self._control("load-module", *module).stdout.strip())

    def turn_down(self, percent: int) -> None:
        """Set the input level of the first microphone in the system's settings."""
        self._control("set-source-volume", "vmic", f"{percent}%")

    def unplug_first(self) -> None:
        """Pull out the microphone that is in use; the second one stays."""
        self._control("unload-module", self._modules.pop(1))

    def repair(self) -> None:
        """The first microphone is plugged in, unmuted and awake, and the only one."""
        if len(self._modules) != 2 or self._control("suspend-source", "vmic", "0", check=False).returncode != 0:
            self.unplug()
            self.plug()
        self.mute(False)
        self.turn_down(100)

    @contextmanager
    def for_this_process(self) -> Iterator[None]:
        """PortAudio of this process uses this server; before its first use only."""
        before = {name: os.environ.get(name) for name in self.environment}
        os.environ.update(self.environment)
        yield
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})

    def mute(self, muted: bool) -> None:
        self._control("set-source-mute", "vmic", "1" if muted else "0")

    def quiet(self) -> None:
        """Stop every sound that is still being played."""
        for player in self._players:
            if player.poll() is None:
                player.terminate()
            player.wait()
        self._players.clear()

    def close(self) -> None:
        self.quiet()
        self._server.kill()
        self._server.wait()
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _control(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["pactl", *words], env=self._env, check=check, capture_output=True, text=True)
