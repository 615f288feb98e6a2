"""Reports (举报) and complaints of infringement (侵权投诉): filing, handling, and what is read of them."""
