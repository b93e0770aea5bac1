"""From one study to the next: which segment goes on, under which id and which name."""
