"""Messages to a person (消息): written with what causes them, read by the person alone."""
