"""Asking HR, while a candidate waits, about an interview that was begun on another device."""

from __future__ import annotations

from app.sync.api import DeviceApi
from app.sync.failures import Fate, TransportError
from app.sync.transport import Signer, Transport
from contract.envelope import Envelope
from contract.errors import ErrorCode
from contract.parts import Elsewhere

# connecting and answering, in seconds: somebody stands before the screen
_PATIENCE = (2.0, 4.0)


class MovingLine:
    """May be called from any thread. HR's refusals are raised as XudaError; a network that fails never is."""

    def __init__(self, server_url: str, signer: Signer) -> None:
        self._server_url = server_url
        self._signer = signer

    def ask(self, invitation_id: str) -> tuple[bool, Elsewhere | None]:
        """Whether HR answered, and what it knows of the interview on other devices."""
        transport = self._open()
        try:
            return True, DeviceApi(transport).elsewhere(invitation_id)
        except TransportError:
            return False, None
        finally:
            transport.close()

    def take_over(self, interview_id: str, invitation_id: str) -> Envelope | None:
        """HR's ticket for the new part ``interview_id``; None when HR cannot be reached now.

        Raises XudaError(INTERVIEW_ELSEWHERE | INVITATION_USED).
        """
        transport = self._open()
        try:
            return DeviceApi(transport).hand_over(interview_id, invitation_id)
        except TransportError as error:
            if error.fate is Fate.FINAL and error.code in (ErrorCode.INTERVIEW_ELSEWHERE, ErrorCode.INVITATION_USED):
                raise
            return None
        finally:
            transport.close()

    def _open(self) -> Transport:
        return Transport(self._server_url, signer=self._signer, timeouts=_PATIENCE)
