"""What a booth needs beyond the interview: the staff's PIN, idle time, sleep hours, the staff panel's facts. No Qt."""
