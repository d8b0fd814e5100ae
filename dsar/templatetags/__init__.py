"""Template tags: what every page needs, without a context processor, so that error pages have it too."""
