"""Names of screens, sheets and controls. They are stable: tests and the autopilot find the real widgets by them.

``MainWindow.screen_name()`` is one of :class:`Screen`, ``MainWindow.sheet_name()`` one of :class:`Sheet` ("" when no
sheet is open). Every constant below is the ``objectName`` of one control; ``…_PREFIX`` constants are completed by an
index or a value, as their comment says.
"""

from __future__ import annotations

from enum import StrEnum


class Screen(StrEnum):
    ATTRACT = "attract"
    ASLEEP = "asleep"
    START = "start"
    INTERVIEWS = "interviews"
    MINE = "mine"
    ENTRY = "entry"
    CONSENT = "consent"
    DECLINED = "declined"
    DEVICES = "devices"
    PRACTICE = "practice"
    QUESTION = "question"
    RECORDING = "recording"
    PROOF = "proof"
    TEXT = "text"
    CHOICE = "choice"
    FINISH = "finish"
    LEFT = "left"


class Sheet(StrEnum):
    """Sheets lie over a screen and wait for a decision."""

    NONE = ""
    LEAVE = "leave"
    RESUME = "resume"
    DECLINE = "decline"
    DEVICE_LOST = "device_lost"
    TIME_UP = "time_up"
    WITHDRAW = "withdraw"
    CONTINUE_HERE = "continue_here"
    REDO = "redo"
    EXPORT = "export"
    PRINT = "print"
    IDLE = "idle"
    PIN = "pin"
    STAFF = "staff"
    GIVING = "giving"
    ADJUST = "adjust"
    WALK_IN = "walk_in"
    OWN = "own"
    RECEIPTS = "receipts"
    WORDS = "words"


# ---- top bar, on every screen ----
TOPBAR_HOME = "topbar_home"
TOPBAR_INTERVIEWS = "topbar_interviews"
TOPBAR_MINE = "topbar_mine"
TOPBAR_LANGUAGE = "topbar_language"
TOPBAR_APPEARANCE = "topbar_appearance"  # opens the sheet for theme and text size
TOPBAR_HELP = "topbar_help"
TOPBAR_LEAVE = "topbar_leave"
TOPBAR_STAFF = "topbar_staff"  # in a kiosk alone: opens Sheet.PIN
TOPBAR_STATUS = "topbar_status"  # label: 已保存, 离线,稍后自动上传, …
NOTICE = "notice"  # banner with the newest error; hidden when there is none
NOTICE_TEXT = "notice_text"
NOTICE_CLOSE = "notice_close"

# ---- appearance, over any screen ----
APPEARANCE_HOST = "appearance_host"  # visible while the sheet is open
APPEARANCE_THEME_PREFIX = "appearance_theme_"  # + system | light | dark | contrast_light | contrast_dark
APPEARANCE_TEXT_PREFIX = "appearance_text_"  # + 100 | 125 | 150 | 175 | 200
APPEARANCE_DONE = "appearance_done"

# ---- help panel ----
HELP_PANEL = "help_panel"
HELP_CLOSE = "help_close"
HELP_COPY = "help_copy"
HELP_DIAGNOSTICS = "help_diagnostics"

# ---- the passphrase, before the first window ----
UNLOCK_FIELD_PREFIX = "unlock_field_"  # + 0 | 1
UNLOCK_SHOW = "unlock_show"
UNLOCK_GO = "unlock_go"
UNLOCK_QUIT = "unlock_quit"
UNLOCK_MESSAGE = "unlock_message"  # label

# ---- between candidates, in a kiosk alone ----
ATTRACT_START = "attract_start"  # -> Screen.START
ATTRACT_LANGUAGE = "attract_language"
ATTRACT_WALK_IN = "attract_walk_in"  # -> Screen.START with Sheet.WALK_IN
ATTRACT_STAFF = "attract_staff"  # opens Sheet.PIN
ASLEEP_WAKE = "asleep_wake"  # the whole screen -> Screen.ATTRACT

# ---- the keyboard on the screen, in a kiosk with fingers alone ----
KEYS = "keys"
KEY_PREFIX = "key_"  # + the small letter or the sign
KEYS_SHIFT = "keys_shift"
KEYS_SIGNS = "keys_signs"
KEYS_SPACE = "key_ "
KEYS_BACK = "keys_back"
KEYS_RETURN = "keys_return"
KEYS_HIDE = "keys_hide"

# ---- nobody there (Sheet.IDLE), in a kiosk alone ----
IDLE_STAY = "idle_stay"
IDLE_SECONDS = "idle_seconds"  # label

# ---- the staff's PIN (Sheet.PIN) ----
PIN_DIGIT_PREFIX = "pin_digit_"  # + 0..9
PIN_SHOWN = "pin_shown"  # label: a dot for each digit
PIN_BACK = "pin_back"
PIN_OPEN = "pin_open"  # right -> Sheet.STAFF
PIN_CANCEL = "pin_cancel"
PIN_MESSAGE = "pin_message"  # label

# ---- the staff panel (Sheet.STAFF) ----
STAFF_QUEUE = "staff_queue"  # table
STAFF_ACTION_PREFIX = "staff_action_"  # + a value of app.ui.presenters.staff.Action
STAFF_YES = "staff_yes"  # the action that was chosen is really wanted
STAFF_NO = "staff_no"
STAFF_MESSAGE = "staff_message"  # label: what became of it
STAFF_LIMIT = "staff_limit"  # combo box: kilobytes a second
STAFF_HOURS = "staff_hours"  # combo box: when the limit holds
STAFF_CLOSE = "staff_close"

# ---- more time from the staff panel (Sheet.GIVING) ----
GIVING_TIME = "giving_time"  # combo boxes
GIVING_TAKES = "giving_takes"
GIVING_WAY = "giving_way"
GIVING_REASON = "giving_reason"
GIVING_GIVE = "giving_give"  # enabled once something is given and the reason is chosen
GIVING_CLOSE = "giving_close"
GIVING_RESULT = "giving_result"  # label

# ---- a receipt again, from the staff panel (Sheet.RECEIPTS) ----
RECEIPTS_INTERVIEW = "receipts_interview"  # combo boxes
RECEIPTS_PAPER = "receipts_paper"
RECEIPTS_PRINTER = "receipts_printer"
RECEIPTS_PRINT = "receipts_print"
RECEIPTS_CLOSE = "receipts_close"

# ---- one's own interview at a kiosk, after the code (Sheet.OWN) ----
OWN_FIELD = "own_field"
OWN_SHOW = "own_show"
OWN_MESSAGE = "own_message"  # label: nothing here for this code
OWN_WITHDRAW_PREFIX = "own_withdraw_"  # + index
OWN_PRINT_PREFIX = "own_print_"  # + index; opens Sheet.PRINT
OWN_CONFIRM = "own_confirm"  # withdraws
OWN_KEEP = "own_keep"
OWN_CLOSE = "own_close"

# ---- start ----
START_FIELD = "start_field"  # line edit: code, phone, ID number or link
START_BEGIN = "start_begin"
START_WAY_PREFIX = "start_way_"  # + code | phone | link | scan
START_UNFINISHED_PREFIX = "start_unfinished_"  # + index
START_WALK_IN = "start_walk_in"  # opens Sheet.WALK_IN; where HR lets people register
START_OWN = "start_own"  # opens Sheet.OWN; in a kiosk alone, where 我的 is not
START_PENDING = "start_pending"  # label
START_MESSAGES = "start_messages"  # opens 我的: there is a new message of HR; not in a kiosk
START_ASKING = "start_asking"  # label: the code is not known here, HR is asked for its newest list
START_STAFF = "start_staff"  # label: what staff have to do before anything is sent

# ---- 面试 and 我的 ----
INTERVIEWS_CONTINUE_PREFIX = "interviews_continue_"  # + index
INTERVIEWS_ENTER = "interviews_enter"
MESSAGE_PREFIX = "message_"  # + index: opens and closes a message of HR, in 我的 and on the entry page
MINE_WITHDRAW_PREFIX = "mine_withdraw_"  # + index
MINE_CONTINUE_PREFIX = "mine_continue_"  # + index
MINE_CERTIFICATE_PREFIX = "mine_certificate_"  # + index
CONTINUE_HERE_YES = "continue_here_yes"
CONTINUE_HERE_BACK = "continue_here_back"
REDO_YES = "redo_yes"  # one question is answered again -> Screen.CONSENT
REDO_BACK = "redo_back"
MINE_REDO_PREFIX = "mine_redo_"  # + index; opens Sheet.REDO
MINE_EXPORT = "mine_export"  # opens Sheet.EXPORT; not in a kiosk
EXPORT_TARGET = "export_target"  # combo box, item data is the folder
EXPORT_BROWSE = "export_browse"
EXPORT_RECEIPTS = "export_receipts"
EXPORT_START = "export_start"  # enabled once something waits and a folder is chosen
EXPORT_CLOSE = "export_close"  # stops a running export
MINE_PRINT_PREFIX = "mine_print_"  # + index; opens Sheet.PRINT; not in a kiosk
WITHDRAW_CONFIRM = "withdraw_confirm"
WITHDRAW_CANCEL = "withdraw_cancel"

# ---- entry ----
ENTRY_CONTINUE = "entry_continue"
ENTRY_BACK = "entry_back"

# ---- consent ----
CONSENT_RECORDING = "consent_recording"  # check box
CONSENT_SCORING = "consent_scoring"  # check box
CONSENT_PICTURE_FACTS = "consent_picture_facts"  # check box, of kits that ask for it
CONSENT_ELSEWHERE = "consent_elsewhere"  # check box, where the kit names another service; with CONSENT_SCORING
CONSENT_AGREE = "consent_agree"  # enabled once CONSENT_RECORDING is checked
CONSENT_DECLINE = "consent_decline"  # opens Sheet.DECLINE
CONSENT_FULL_TEXT = "consent_full_text"
DECLINE_CONFIRM = "decline_confirm"  # leads to Screen.DECLINED
DECLINE_CANCEL = "decline_cancel"
DECLINED_DONE = "declined_done"  # back to Screen.START

# ---- devices ----
DEVICES_CAMERA = "devices_camera"  # combo box, item data is the device's spec
DEVICES_MICROPHONE = "devices_microphone"
DEVICES_SPEAKER = "devices_speaker"
DEVICES_TEST_MICROPHONE = "devices_test_microphone"
DEVICES_BETTER_MICROPHONE = "devices_better_microphone"  # shown while another one hears more
DEVICES_TEST_SPEAKER = "devices_test_speaker"
DEVICES_REFRESH = "devices_refresh"
DEVICES_CONTINUE = "devices_continue"  # enabled once camera, microphone and disk are usable
DEVICES_ROW_PREFIX = "devices_row_"  # + CheckName

# ---- practice ----
PRACTICE_RECORD = "practice_record"
PRACTICE_STOP = "practice_stop"
PRACTICE_PLAY = "practice_play"
PRACTICE_CONTINUE = "practice_continue"

# ---- question (spoken) ----
QUESTION_ANSWER = "question_answer"  # 现在开始回答 -> Screen.RECORDING
QUESTION_KEEP = "question_keep"  # look at the recovered or earlier takes -> Screen.PROOF
QUESTION_REDO = "question_redo"  # drop the recovered take

# ---- how a question is asked ----
PROMPT_PICTURE = "prompt_picture"  # enlarges it
PICTURE_CLOSE = "picture_close"
PROMPT_PLAY = "prompt_play"  # plays, stops, plays again
PROMPT_WORDS = "prompt_words"  # opens the words of a picture, sound or video
PROMPT_READ = "prompt_read"  # 朗读; hidden where there is neither a voice nor a spoken version
QUESTION_TIP = "question_tip"

# ---- registering on the spot (Sheet.WALK_IN) ----
WALK_IN_PLACE = "walk_in_place"  # combo box: the position
WALK_IN_FIELD_PREFIX = "walk_in_"  # + name | phone | email | id_number
WALK_IN_MESSAGE = "walk_in_message"  # label: what does not look right
WALK_IN_CANCEL = "walk_in_cancel"
WALK_IN_REGISTER = "walk_in_register"  # -> Screen.ENTRY

# ---- adjustments by staff (Sheet.ADJUST) ----
HELP_ADJUST = "help_adjust"  # opens the sheet; shown once somebody was looked up
ENTRY_ADJUST = "entry_adjust"
ADJUST_FIELD = "adjust_field"
ADJUST_SCAN = "adjust_scan"
ADJUST_APPLY = "adjust_apply"
ADJUST_CLOSE = "adjust_close"

# ---- recording ----
RECORDING_DONE = "recording_done"  # 回答完毕 -> Screen.PROOF
RECORDING_CAPTIONS = "recording_captions"  # check box
RECORDING_CAPTION_TEXT = "recording_caption_text"
DEVICE_LOST_REVIEW = "device_lost_review"
DEVICE_LOST_CHECK = "device_lost_check"
TIME_UP_CONTINUE = "time_up_continue"

# ---- proof ----
PROOF_PREFIX = "proof_"  # + transcript | next_doubt | original, each named below
PROOF_PLAY = "proof_play"
PROOF_SUBMIT = "proof_submit"  # enabled as soon as the take is durable; words may still be on their way
PROOF_RETAKE = "proof_retake"  # hidden when no take is left
PROOF_TRANSCRIPT = "proof_transcript"  # plain text edit
PROOF_NEXT_DOUBT = "proof_next_doubt"  # selects the next uncertain word
PROOF_ORIGINAL = "proof_original"  # takes the correction back
PROOF_CHECKS = "proof_checks"  # label: 时长 42 秒 · 听到 118 个字 · 画面正常
PROOF_TAKE_PREFIX = "proof_take_"  # + the take's number

# ---- words that came after an answer was handed in (Sheet.WORDS) ----
WORDS_PREFIX = "words_"  # + transcript | next_doubt | original, as on the proof
WORDS_TRANSCRIPT = "words_transcript"  # plain text edit
WORDS_NEXT_DOUBT = "words_next_doubt"
WORDS_ORIGINAL = "words_original"
WORDS_PLAY = "words_play"
WORDS_BACK = "words_back"  # to the answer before
WORDS_NEXT = "words_next"  # to the next answer; closes after the last one
WORDS_CLOSE = "words_close"
FINISH_READ = "finish_read"  # opens Sheet.WORDS; enabled once words are there
LEFT_READ = "left_read"
MINE_READ_PREFIX = "mine_read_"  # + index
OWN_READ_PREFIX = "own_read_"  # + index

# ---- text and choice ----
TEXT_EDIT = "text_edit"
TEXT_COUNTER = "text_counter"
TEXT_SUBMIT = "text_submit"
CHOICE_OPTION_PREFIX = "choice_option_"  # + index from 0
CHOICE_SUBMIT = "choice_submit"

# ---- leaving (Sheet.LEAVE) ----
LEAVE_REASON_PREFIX = "leave_reason_"  # + network | technical | time | give_up | other
LEAVE_WORDS = "leave_words"  # required for other
LEAVE_CONTINUE = "leave_continue"
LEAVE_SAVE = "leave_save"  # enabled once a reason is chosen -> Screen.LEFT
LEAVE_ABANDON = "leave_abandon"  # enabled once a reason is chosen -> Screen.LEFT
LEFT_DONE = "left_done"  # back to Screen.START

# ---- coming back (Sheet.RESUME) ----
RESUME_YES = "resume_yes"
RESUME_NO = "resume_no"
RESUME_CANCEL = "resume_cancel"

LEFT_PRINT = "left_print"  # opens Sheet.PRINT

# ---- printing (Sheet.PRINT) ----
PRINT_PAPER_PREFIX = "print_paper_"  # + receipt | report
PRINT_PRINTER = "print_printer"  # combo box, item data is the printer's name
PRINT_COPIES = "print_copies"  # combo box
PRINT_START = "print_start"  # enabled where there is a printer
PRINT_SAVE = "print_save"  # not in a kiosk
PRINT_CLOSE = "print_close"

# ---- finish ----
FINISH_PRINT = "finish_print"  # opens Sheet.PRINT
FINISH_RATING_PREFIX = "finish_rating_"  # + entrance_clear | flow_smooth | overall + "_" + 1..5
FINISH_WORDS = "finish_words"
FINISH_DONE = "finish_done"  # sends the questionnaire if anything was answered, back to Screen.START
