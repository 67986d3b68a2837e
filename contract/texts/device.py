"""Texts of errors of the machine: its disk, database and keys, printers, files that people give."""

from __future__ import annotations

from contract.errors import ErrorCode

# Title, what it means for the data, what to do.
ABOUT_THE_DEVICE: dict[ErrorCode, tuple[str, str, str]] = {
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
    ErrorCode.PROGRAM_DAMAGED: (
        "Parts of this program are missing or changed",
        "Saved answers lie in another folder and are not affected. New interviews should not begin with this copy.",
        "Staff: put the whole program folder in place again from its download; leave the data folder as it is. "
        "`xuda selftest` tells what is wrong.",
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
    ErrorCode.TABLE_UNREADABLE: (
        "The table cannot be read",
        "Nothing was taken over from it. It is damaged, has a password or is of an old format.",
        "Save it as an Excel workbook (.xlsx) without a password, or as CSV, and give it again.",
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
