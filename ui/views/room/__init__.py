"""The room beside the picture: chat, audience, cards, record, rules. GUI thread."""
