"""A local git repository, read into the same Change as a pull request."""
