"""Texts of errors between device and HR: the server, clocks and retention, bundles on a stick."""

from __future__ import annotations

from contract.errors import ErrorCode

# Title, what it means for the data, what to do.
ABOUT_DELIVERY: dict[ErrorCode, tuple[str, str, str]] = {
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
    ErrorCode.STORAGE_UNREACHABLE: (
        "The server cannot reach its database or storage",
        "Nothing of this step was stored. What was saved before is not affected.",
        "Try again in a moment. If it lasts, tell the administrator of the server.",
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
    ErrorCode.ASSESSMENT_MODEL: (
        "The model for scoring cannot be used",
        "Nothing was changed.",
        "Give another model, or none: then the rubric alone counts.",
    ),
}
