"""Templates for the exports of common vendors: what their objects and fields become."""
