"""Worker processes: one request each, for work that needs much memory or processor time and may be ended any time."""
