"""The story of a review, and the desk its steps are done at."""
