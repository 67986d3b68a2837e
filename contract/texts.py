"""Texts of known errors: what happened, what it means for the data, what to do. English here, the rest in catalogs."""

from __future__ import annotations

from dataclasses import dataclass

from contract.catalog import Catalog, load
from contract.errors import ErrorCode, XudaError

DOMAIN = "errors"

# Title, what it means for the data, what to do.
TEXTS: dict[ErrorCode, tuple[str, str, str]] = {
    ErrorCode.SIGNATURE_INVALID: (
        "The signature is not valid",
        "It was changed or does not come from your organisation, so it was not used. Saved data is untouched.",
        "Get it again from HR. If this happens again, tell the support contact.",
    ),
    ErrorCode.KEY_UNKNOWN: (
        "The sender is not known",
        "It was signed with a key this device or server does not know, so it was not used. Saved data is untouched.",
        "Synchronise once while online, or enrol this device again.",
    ),
    ErrorCode.KEY_IN_USE: (
        "This key is still needed",
        "What was made with it could no longer be opened or checked, so nothing was changed.",
        "Wait until what is named is finished, delivered or deleted, or revoke devices that will not come back.",
    ),
    ErrorCode.ORGANISATION_KEYS_INVALID: (
        "The organisation's keys have changed in a way this device cannot check",
        "The new keys were not taken over. All recordings stay on this device and nothing is deleted.",
        "Ask HR, by telephone, whether the keys were changed; then enrol this device again with a new code.",
    ),
    ErrorCode.SEALED_DAMAGED: (
        "A protected file is damaged or incomplete",
        "The undamaged part is kept as it is. Nothing is shown or sent that cannot be verified.",
        "Do not delete the file. Synchronise again; if it stays, send the diagnostics to the support contact.",
    ),
    ErrorCode.FORMAT_INVALID: (
        "The content cannot be read",
        "It does not have the expected form, so nothing of it was used. Saved data is untouched.",
        "Check that it is the right file or message and get it again.",
    ),
    ErrorCode.VERSION_TOO_NEW: (
        "It was made by a newer version of Xuda",
        "This version cannot read it safely and left it unchanged.",
        "Update Xuda on this machine, then try again.",
    ),
    ErrorCode.KIT_INVALID: (
        "The interview kit is not usable",
        "Its content does not hold together, so it was not used. Interviews already saved are untouched.",
        "HR should correct the kit and publish it again; then synchronise.",
    ),
    ErrorCode.KIT_MISSING: (
        "The interview kit is not on this device",
        "The interview cannot start yet. Nothing is lost and your invitation stays valid.",
        "Connect to the network once and synchronise, or ask the staff.",
    ),
    ErrorCode.KIT_INCOMPLETE: (
        "Pictures or sounds of this interview are still missing here",
        "The interview cannot start yet, because some questions could not be shown. Nothing is lost and the "
        "invitation stays valid.",
        "Keep this device online for a few minutes: they are fetched by themselves. Then look again, or ask the staff.",
    ),
    ErrorCode.KIT_MEDIA_DAMAGED: (
        "A picture or sound of this question cannot be shown",
        "Its file on this device is damaged. Your answers are not affected.",
        "Use the text of the question instead. It is fetched again when the device is online.",
    ),
    ErrorCode.ADJUSTMENT_INVALID: (
        "This adjustment code is not valid",
        "It is damaged, mistyped or not genuine, so nothing was changed. Answers are untouched.",
        "Scan or type it again. If it is refused again, ask the staff for a new one.",
    ),
    ErrorCode.ADJUSTMENT_SIGNER: (
        "This device does not know who signed the adjustment code",
        "The person may not give adjustments, or not any more, or this device has not been online since they "
        "may. Nothing was changed.",
        "Ask another member of staff, or bring this device online once and try again.",
    ),
    ErrorCode.ADJUSTMENT_OTHER: (
        "This adjustment code is for another candidate",
        "It was made for one candidate and can only be used by that person. Nothing was changed.",
        "Ask the staff for a code for this invitation.",
    ),
    ErrorCode.ADJUSTMENT_EXPIRED: (
        "This adjustment code has expired",
        "It was valid for a short time only. Nothing was changed; adjustments given before stay.",
        "Ask the staff for a new code. If the clock of this device is wrong, tell them.",
    ),
    ErrorCode.ADJUSTMENT_USED: (
        "This adjustment code has been used already",
        "What it gives is in force already. Nothing was changed a second time.",
        "Go on with the interview. If more is needed, ask the staff for a new code.",
    ),
    ErrorCode.ADJUSTMENT_LIMIT: (
        "This adjustment is more than may be given here",
        "Whoever gives it has been allowed less by HR, or not for this candidate. Nothing was changed.",
        "Give less, or ask HR to change what may be given.",
    ),
    ErrorCode.INVITATION_INVALID: (
        "The invitation is not valid",
        "It is damaged or incomplete. Nothing was started or recorded.",
        "Scan the QR code again or type the code exactly as it was sent; otherwise ask HR for a new one.",
    ),
    ErrorCode.INVITATION_EXPIRED: (
        "The invitation has expired",
        "The time window has ended. Nothing was started; answers saved before stay saved.",
        "Ask HR to extend the deadline or to send a new invitation.",
    ),
    ErrorCode.INVITATION_NOT_YET: (
        "The interview is not open yet",
        "Its time window has not begun. Your invitation stays valid.",
        "Come back within the time window. If the time shown on this device is wrong, tell the staff.",
    ),
    ErrorCode.INVITATION_FOREIGN: (
        "The invitation is from another organisation",
        "This device serves a different organisation, so it was not used.",
        "Check that you are at the right booth or device, or ask HR.",
    ),
    ErrorCode.INVITATION_UNKNOWN: (
        "The invitation was not found",
        "This device has no invitation that fits. Nothing was started or recorded.",
        "Check what you typed. If the invitation is new, the device must be online once to learn of it.",
    ),
    ErrorCode.INVITATION_USED: (
        "This invitation has been used",
        "The interview is finished; its answers are saved and need nothing more from you.",
        "Its state is shown with your interviews. If you need another attempt, ask HR.",
    ),
    ErrorCode.INTERVIEW_ELSEWHERE: (
        "This interview is being answered on another device",
        "Answers on both devices are safe. Nothing was started here.",
        "Save the progress and leave on the other device, then continue here. If it broke down, wait two minutes.",
    ),
    ErrorCode.CAMERA_MISSING: (
        "No camera was found",
        "Nothing is being filmed. Answers saved before are untouched.",
        "Plug a camera in, or choose another one in the device check.",
    ),
    ErrorCode.CAMERA_BUSY: (
        "The camera is in use by another program",
        "Nothing is being filmed. Answers saved before are untouched.",
        "Close other programs that use the camera (video calls, browser), then try again.",
    ),
    ErrorCode.CAMERA_LOST: (
        "The camera was disconnected",
        "Your answer up to this moment is saved. This does not cost you a take.",
        "Plug the camera in again or choose another one, then continue.",
    ),
    ErrorCode.CAMERA_FROZEN: (
        "The camera picture stands still",
        "Your answer up to this moment is saved. This does not cost you a take.",
        "Unplug the camera and plug it in again or choose another one, then continue.",
    ),
    ErrorCode.MICROPHONE_MISSING: (
        "No microphone was found",
        "No sound is being recorded. Answers saved before are untouched.",
        "Plug a microphone in, or choose another one in the device check.",
    ),
    ErrorCode.MICROPHONE_BUSY: (
        "The microphone cannot be opened",
        "Another program may be using it, or access is not allowed. Answers saved before are untouched.",
        "Close other programs that use it and allow access in the system settings, then try again.",
    ),
    ErrorCode.MICROPHONE_LOST: (
        "The microphone was disconnected",
        "Your answer up to this moment is saved. This does not cost you a take.",
        "Plug the microphone in again or choose another one, then continue.",
    ),
    ErrorCode.MICROPHONE_SILENT: (
        "The microphone gives no sound",
        "Your answer up to this moment is saved. This does not cost you a take.",
        "Check the mute switch and the input level, or choose another microphone.",
    ),
    ErrorCode.RECORDING_FAILED: (
        "The recording stopped because of a fault",
        "What was recorded before the fault is kept. This does not cost you a take.",
        "Record the answer again. If it happens again, check the devices or tell the staff.",
    ),
    ErrorCode.RECORDING_EMPTY: (
        "Nothing was recorded",
        "The stored file holds neither voice nor moving picture. This does not cost you a take.",
        "Check the camera and the microphone, then record the answer again.",
    ),
    ErrorCode.MODEL_MISSING: (
        "The speech model is not installed",
        "Recording goes on as usual. The words are recognised later, here or at HR.",
        "Staff: run `xuda model install PATH`, or `xuda model fetch NAME` while online.",
    ),
    ErrorCode.MODEL_DAMAGED: (
        "The speech model is damaged",
        "It is not used, so that no wrong words appear. Recording goes on; the words are recognised later.",
        "Install the model again with `xuda model install PATH`.",
    ),
    ErrorCode.MODEL_INCOMPLETE: (
        "The speech model is incomplete",
        "A file is missing or was only partly copied. Recording goes on; the words are recognised later.",
        "Copy the whole model folder and run `xuda model install PATH` again.",
    ),
    ErrorCode.TRANSCRIPTION_FAILED: (
        "The words could not be recognised",
        "The recording is safe. Recognition is tried again here later or at HR.",
        "You can continue. Nothing needs to be done.",
    ),
    ErrorCode.DISK_FULL: (
        "There is no space left on the disk",
        "What was saved before is complete; the recording up to this moment is kept as far as it was written.",
        "Free space on this disk or tell the staff, then try again.",
    ),
    ErrorCode.DISK_ERROR: (
        "The disk cannot be read or written",
        "What was saved before is not deleted. The last step may not have been saved.",
        "Check that the folder exists, is writable and that the disk is connected, then try again.",
    ),
    ErrorCode.DATABASE_NEWER: (
        "The saved data is from a newer version of Xuda",
        "It was not touched, so that nothing is lost.",
        "Update Xuda on this machine; do not delete the data folder.",
    ),
    ErrorCode.DATABASE_DAMAGED: (
        "The saved data cannot be read in full",
        "It was left unchanged. Recordings are stored in separate files and are not affected.",
        "Do not delete the data folder. Send the diagnostics to the support contact.",
    ),
    ErrorCode.DATABASE_RESTORED: (
        "The saved data was damaged and has been restored from its copy",
        "Every answer shown as saved is there. An answer that was being given just then may have to be given again.",
        "You can continue. Staff: the damaged file is kept; check the disk and send the diagnostics to support.",
    ),
    ErrorCode.ALREADY_RUNNING: (
        "Xuda is already running with this data folder",
        "The running program keeps its data; this second one has changed nothing.",
        "Use the window that is open, or close it first. Another data folder can be given with --data.",
    ),
    ErrorCode.KEYSTORE_MISSING: (
        "The keys of this device are not where they were left",
        "Nothing was deleted. What was completed can still be delivered; what was in progress cannot be opened.",
        "Sign in as the user who set this device up and start the system's key store. If the keys are lost, ask HR for "
        "a code that replaces this device and enrol it again (docs/keys.md).",
    ),
    ErrorCode.KEYSTORE_LOCKED: (
        "The key store is locked",
        "Saved data is untouched, but cannot be opened until the key store is unlocked.",
        "Unlock the system's key store and allow Xuda to use it, then try again.",
    ),
    ErrorCode.KEYSTORE_UNPROTECTED: (
        "The keys of this device lie in an unprotected file",
        "Everything is there and nothing was changed. Whoever copies this user's files could open the recordings.",
        "Open the client and set a passphrase, or give one in XUDA_PASSPHRASE or --passphrase-file: the keys are moved "
        "and the file is removed. To go on without protection, say so with --keystore file.",
    ),
    ErrorCode.PASSPHRASE_MISSING: (
        "This machine has no key store, so a passphrase is needed",
        "Nothing was recorded or changed: recordings are only made where their keys can be protected.",
        "Open the client and set a passphrase, or give one in XUDA_PASSPHRASE or --passphrase-file.",
    ),
    ErrorCode.PASSPHRASE_NEEDED: (
        "The passphrase of this device is needed",
        "Saved data is untouched, but cannot be opened or sent without it.",
        "Enter it in the client, or give it in XUDA_PASSPHRASE or --passphrase-file. If it is lost see docs/keys.md.",
    ),
    ErrorCode.PASSPHRASE_WRONG: (
        "The passphrase is not right",
        "Nothing was opened and nothing was changed.",
        "Type it again, with capitals as they were. If it is lost see docs/keys.md: nothing has to be deleted.",
    ),
    ErrorCode.KEY_DESTROYED: (
        "The key of this interview has been destroyed",
        "Its content can no longer be read on this device, as was asked for or after delivery.",
        "Nothing needs to be done. HR can tell you what was delivered.",
    ),
    ErrorCode.NOT_ENROLLED: (
        "This device is not enrolled",
        "Interviews cannot be delivered from it yet. Nothing is lost.",
        "Run `xuda enroll --server URL --code CODE` with the code from HR.",
    ),
    ErrorCode.ILLEGAL_STATE: (
        "This step is not possible now",
        "The interview has moved on. Everything saved so far is untouched.",
        "Go back to the start page and open the interview again.",
    ),
    ErrorCode.SERVER_UNREACHABLE: (
        "The server cannot be reached",
        "Everything is saved on this device and is sent by itself when the network is back.",
        "You can continue. Staff: check the network and the server's address.",
    ),
    ErrorCode.SERVER_ERROR: (
        "The server has a fault",
        "Everything is saved on this device and is sent again later by itself.",
        "You can continue. If it lasts, tell the administrator of the server.",
    ),
    ErrorCode.SERVER_NOT_XUDA: (
        "The answer does not come from a Xuda server",
        "Nothing was sent to it. Everything stays saved on this device.",
        "Check the server's address and whether the network asks you to sign in first.",
    ),
    ErrorCode.SERVER_MISMATCH: (
        "The server does not hold what was sent",
        "The local recordings are kept and what is missing is sent again.",
        "Nothing needs to be done. If it lasts, tell the administrator of the server.",
    ),
    ErrorCode.UNAUTHORIZED: (
        "Sign-in failed",
        "Nothing was changed and nothing was deleted.",
        "Check name, password and one-time code. For a device: ask HR whether its access was withdrawn.",
    ),
    ErrorCode.SENDING_PAUSED: (
        "HR has paused the sending from this device",
        "Everything is kept here; interviews go on as usual, and it is sent as soon as HR allows it.",
        "Nothing has to be done. What is urgent can be carried to HR on a USB stick.",
    ),
    ErrorCode.RECORDINGS_LATER: (
        "Recordings are not sent at this hour",
        "They are kept here and sent by themselves afterwards; answers and states are sent at once.",
        "Nothing has to be done. What is urgent can be carried to HR on a USB stick.",
    ),
    ErrorCode.DEVICE_REVOKED: (
        "HR has revoked this device",
        "It may send nothing any more. All recordings are kept here and nothing is deleted because of it.",
        "Tell HR. With a new code from HR this device is enrolled again and then delivers what it holds.",
    ),
    ErrorCode.FORBIDDEN: (
        "You do not have the right to do this",
        "Nothing was changed.",
        "Sign in with a fresh one-time code, or ask the administrator for the right.",
    ),
    ErrorCode.NOT_FOUND: (
        "This was not found",
        "It does not exist or you may not see it. Nothing was changed.",
        "Check the address or the name, then try again.",
    ),
    ErrorCode.CONFLICT: (
        "Something else is stored under the same number",
        "What was stored first stays. Nothing was overwritten; both parts are kept.",
        "Tell HR: they see both parts and decide.",
    ),
    ErrorCode.DELETED: (
        "This interview was deleted",
        "It was deleted on request or after its retention period, and is not taken in again.",
        "Nothing needs to be done. Ask HR if this is unexpected.",
    ),
    ErrorCode.REJECTED: (
        "The input was not accepted",
        "It does not fit what is asked for. What was saved before is untouched.",
        "Correct what is named and try again.",
    ),
    ErrorCode.TOO_LARGE: (
        "It is too large",
        "It was not accepted. Nothing was changed.",
        "Use a smaller file or a shorter text.",
    ),
    ErrorCode.CLOCK_WRONG: (
        "The clock of this machine is wrong",
        "Nothing is lost. The order of answers does not depend on the clock.",
        "Correct date, time and time zone of this machine.",
    ),
    ErrorCode.LEGAL_HOLD: (
        "A legal hold is set on this interview",
        "Nothing was deleted. It is kept, and sealed where consent was withdrawn, until the hold is lifted.",
        "HR or an administrator can lift the hold with a reason; then delete it again.",
    ),
    ErrorCode.CLOCK_JUMPED: (
        "The server's clock is more than a day ahead of the last time it noted",
        "Nothing was deleted by retention: the clock may have jumped, or the server was switched off.",
        "Check date and time of the server. If they are right, confirm them in the portal under Retention, "
        "or with `xuda-hr purge --due --confirm-clock`.",
    ),
    ErrorCode.BACKUP_DAMAGED: (
        "The backup is damaged",
        "Nothing was written and the backup was left as it is.",
        "Restore another one with --at, or from another copy of the backup folder.",
    ),
    ErrorCode.RATE_LIMITED: (
        "Too many tries",
        "Further tries are refused for a while. Nothing was changed.",
        "Wait a little, then try again.",
    ),
    ErrorCode.QUOTA_REACHED: (
        "HR takes no more from this device for now",
        "This device has sent more than HR expects of one device. Nothing is lost: what is left stays here.",
        "Delivery is tried again by itself. If this stays, tell HR: the limit can be raised.",
    ),
    ErrorCode.WALK_IN_CLOSED: (
        "Registration is closed on this device",
        "Its time is over, or as many have registered here as HR allows. Nothing of what you typed was kept.",
        "Please ask the staff: they can invite you, or show you another device.",
    ),
    ErrorCode.RECEIPT_INVALID: (
        "The receipt does not match what was recorded",
        "The local recordings are kept until a receipt matches.",
        "Synchronise again. If it stays, tell the administrator of the server.",
    ),
    ErrorCode.ENROLMENT_CODE_INVALID: (
        "The enrolment code is not valid",
        "The device was not enrolled. Nothing was changed.",
        "Codes work once and for a short time: ask HR for a new one and type it exactly.",
    ),
    ErrorCode.FINGERPRINT_MISMATCH: (
        "The server's fingerprint does not match",
        "The device was not enrolled: the address may lead to another server.",
        "Compare the fingerprint with HR and check the server's address.",
    ),
    ErrorCode.BUNDLE_CUT: (
        "The copy of the bundle is not complete",
        "It ends before its end mark, so the copying was interrupted. Nothing of it was taken in; the device still has "
        "everything.",
        "Copy the file again from the stick. If that does not help, export once more on the device.",
    ),
    ErrorCode.BUNDLE_DAMAGED: (
        "A part of the bundle is damaged",
        "What does not match its signed index was not taken in; the device still has everything.",
        "Copy the file again from the stick. If that does not help, export once more, to another stick.",
    ),
    ErrorCode.BUNDLE_FOREIGN: (
        "The bundle is not from a device of this organisation",
        "No device of this organisation has signed it, so nothing of it was taken in.",
        "Check that it is the right file and the right server.",
    ),
    ErrorCode.BUNDLE_REVOKED: (
        "The bundle is from a device whose access was withdrawn",
        "Nothing of it was taken in yet. It may hold interviews from before the withdrawal.",
        "Import it again and confirm, if you trust where the device and the stick have been.",
    ),
    ErrorCode.TARGET_FULL: (
        "There is not enough space on the drive",
        "No file was left there that could be taken for a whole one. Nothing on this device was changed.",
        "Free space on the drive or use a larger one, then export again.",
    ),
    ErrorCode.TARGET_LOST: (
        "The drive cannot be written",
        "It was pulled out, is protected or has a fault. No file was left that could be taken for a whole one; nothing "
        "on this device was changed.",
        "Plug it in again or use another one, then export again.",
    ),
    ErrorCode.PRINTER_OFFLINE: (
        "The printer does not answer",
        "Nothing was printed and nothing waits at the printer. Your interview is saved as before.",
        "Check that it is switched on and connected, or choose another printer, then print again.",
    ),
    ErrorCode.PRINTER_PAPER: (
        "The printer has no paper",
        "Nothing waits at the printer, so no page of yours comes out later. Your interview is saved as before.",
        "Put paper in, then print again.",
    ),
    ErrorCode.PRINTER_FAULT: (
        "The printer needs somebody",
        "A cover is open, paper is stuck or the ink is used up. Nothing waits at the printer. Your interview is saved "
        "as before.",
        "Look at the printer's display or call the staff, then print again.",
    ),
    ErrorCode.PRINT_REFUSED: (
        "The printer did not take the pages",
        "Nothing was printed. Your interview is saved as before.",
        "Print again, choose another printer or call the staff.",
    ),
    ErrorCode.FILE_ENCODING: (
        "The text encoding of the file is not known",
        "Nothing was taken over from it.",
        "Save the file as UTF-8 (or GB18030) and give it again.",
    ),
    ErrorCode.FILE_MISSING: (
        "The file or folder was not found",
        "Nothing was changed.",
        "Check the path and whether the disk is connected.",
    ),
    ErrorCode.ROW_INVALID: (
        "A row cannot be taken over",
        "The row named was left out; nothing wrong was stored.",
        "Correct the row and import the file again. Rows already taken over are not doubled.",
    ),
    ErrorCode.SETTING_INVALID: (
        "A setting is not valid",
        "Nothing was started or changed.",
        "Correct the setting named. `--help` explains each one.",
    ),
    ErrorCode.SCREEN_MISSING: (
        "There is no screen to open a window on",
        "Nothing was started or changed.",
        "Start it from a desktop session. The demo runs without a screen with --headless.",
    ),
    ErrorCode.BATTERY_EMPTY: (
        "The battery is nearly empty",
        "What was saved is safe, also when the computer switches itself off.",
        "Plug in the power cable now, or call the staff.",
    ),
}

# How the values that come with an error are named to people. Values without a name here are shown under their own.
LABELS: dict[str, str] = {
    "row": "Row",
    "field": "Field",
    "file": "File",
    "path": "Path",
    "folder": "Folder",
    "model": "Model",
    "server": "Server",
    "seconds": "Seconds",
    "date": "Date",
    "value": "Value",
    "version": "Version",
    "limit": "Limit",
    "needed": "Needed",
    "free": "Free",
    "size": "Size",
    "expected": "Expected",
    "status": "Status",
    "detail": "Details",
    "state": "State",
    "move": "Step",
    "server_time": "Server time",
    "device": "Device",
}


@dataclass(frozen=True, slots=True)
class ErrorText:
    """One error in one language. ``details`` names the row, the field and the values, and is empty without any."""

    title: str
    meaning: str
    action: str
    details: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """Title (with the details), meaning, action: as they are printed one under the other."""
        title = f"{self.title} ({self.details})" if self.details else self.title
        return (title, self.meaning, self.action)


def error_text(error: XudaError, language: str) -> ErrorText:
    """The text for ``error`` in ``language`` (``zh_CN``, ``en``). Never fails, whatever values the error carries."""
    catalog = load(DOMAIN, language)
    title, meaning, action = (catalog.gettext(text) for text in TEXTS[error.code])
    return ErrorText(title, meaning, action, _details(error, catalog))


def code_text(code: ErrorCode, language: str) -> ErrorText:
    """The text for a bare code, as it is stored with faults and sent over the wire."""
    return error_text(XudaError(code), language)


def _details(error: XudaError, catalog: Catalog) -> str:
    values = {"row": error.row, "field": error.field, **error.params}
    return ", ".join(
        f"{catalog.gettext(LABELS[name]) if name in LABELS else name}: {value}"
        for name, value in values.items()
        if value is not None
    )
