"""From a study folder to pages that work offline."""
