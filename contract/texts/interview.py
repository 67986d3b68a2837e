"""Texts of errors around an interview: signed material, kits, invitations, adjustments, recording, recognition."""

from __future__ import annotations

from contract.errors import ErrorCode

# Title, what it means for the data, what to do.
ABOUT_INTERVIEWS: dict[ErrorCode, tuple[str, str, str]] = {
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
    ErrorCode.ILLEGAL_STATE: (
        "This step is not possible now",
        "The interview has moved on. Everything saved so far is untouched.",
        "Go back to the start page and open the interview again.",
    ),
    ErrorCode.WALK_IN_CLOSED: (
        "Registration is closed on this device",
        "Its time is over, or as many have registered here as HR allows. Nothing of what you typed was kept.",
        "Please ask the staff: they can invite you, or show you another device.",
    ),
}
