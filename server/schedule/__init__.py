"""The schedule: planning sessions, reminding of them, official activities, iCalendar."""
